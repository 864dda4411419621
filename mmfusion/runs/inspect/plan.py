"""The plan of a table: what each of its columns becomes, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import polars as pl

from mmfusion.runs.inspect.column_requests import ColumnRequests
from mmfusion.runs.inspect.columns.coded import Coded, sample
from mmfusion.runs.inspect.columns.profile import Profile

Role = Literal["id", "split", "modality", "task", "group", "ignored", "merged", "open"]
"""`merged`: read together with another column; `open`: not yet known."""


@dataclass
class ColumnDecision:
    """What one column becomes."""

    column: str
    role: Role
    kind: str = ""  # a modality's kind or a task's type
    reason: str = ""  # why, for the person who reads it
    warning: str = ""  # what they should look at before they train
    arguments: dict[str, Any] = field(default_factory=dict)  # options beside the kind
    name: str = ""  # what to call it, where that is not the column's name
    others: list[str] = field(default_factory=list)  # columns that are read together with this one, which are `merged`
    requested: bool = False  # the user asked for it; nothing that is found changes it

    @property
    def columns(self) -> list[str]:
        """All its columns, in the table's order for a task, the file's last for media."""
        return [*self.others, self.column] if self.role == "modality" else [self.column, *self.others]


@dataclass
class Plan:
    """A table, decisions for all its columns in the table's order, and what the split column's values mean."""

    file: str
    columns: Mapping[str, Any]
    rows: int
    profiles: dict[str, Profile]
    requested: ColumnRequests
    decisions: dict[str, ColumnDecision] = field(default_factory=dict)
    splits: dict[str, str] = field(default_factory=dict)
    hints: dict[str, str] = field(default_factory=dict)  # what to say of a column if it becomes an input
    pair: tuple[str, str] | None = None  # a column that is a group together with another, and what to say of it
    _coded: dict[str, Coded] = field(default_factory=dict, repr=False)

    def coded(self, name: str) -> Coded:
        """A column in the forms in which columns are compared; of a long table, a sample of its rows."""
        if name not in self._coded:
            self._coded[name] = Coded.of(self.columns[name], sample(self.rows))
        return self._coded[name]

    def is_series(self, name: str) -> bool:
        """Whether a column's cells are single values, and no lists."""
        return isinstance(self.columns[name], pl.Series)

    def of(self, role: Role, *kinds: str) -> list[ColumnDecision]:
        """The columns of one role (and kind)."""
        return [d for d in self.decisions.values() if d.role == role and (not kinds or d.kind in kinds)]

    def first(self, role: Role) -> str | None:
        """The name of the first column of a role, if there is one."""
        return next((d.column for d in self.of(role)), None)

    def open(self, but: frozenset[str] | set[str] = frozenset()) -> list[str]:
        """Columns of which nothing is decided yet, but for some."""
        return [d.column for d in self.of("open") if d.column not in but]

    def decide(self, column: str, role: Role, kind: str = "", reason: str = "", **more: Any) -> None:
        """Note what a column becomes; of one that the user has decided, the reason against it is a warning."""
        known = self.decisions.get(column)
        if known is not None and known.requested:
            self.warn(column, reason)
        else:
            self.decisions[column] = ColumnDecision(column, role, kind, reason, **more)

    def ignore(self, column: str, reason: str, warning: str = "") -> None:
        """Leave a column out."""
        self.decide(column, "ignored", reason=reason, warning=warning)

    def warn(self, column: str, warning: str) -> None:
        """Add to what is said of a column."""
        decision = self.decisions[column]
        decision.warning = f"{decision.warning}; {warning}" if decision.warning else warning
