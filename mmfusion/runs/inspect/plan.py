"""A plan for a table: what each of its columns becomes, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from mmfusion.runs.inspect.columns.profile import Profile
from mmfusion.runs.inspect.leaks.prediction import Looked, sample
from mmfusion.runs.inspect.requested import Given

Role = Literal["id", "split", "modality", "task", "group", "ignored", "merged", "open"]


@dataclass
class Decision:
    """What one column becomes.

    Attributes:
        column: the column.
        role: id, split, modality, task, group, ignored, or merged: read together with another column (`open` while it
            is not yet known).
        kind: a modality's kind or a task's type.
        reason: why, for the person who reads it.
        warning: what they should look at before they train.
        arguments: options beside the kind.
        name: what to call it, where that is not the column's name.
        others: further columns that are read together with this one, which are `merged`.
        by_hand: a person said so; nothing that is found changes it.
    """

    column: str
    role: Role
    kind: str = ""
    reason: str = ""
    warning: str = ""
    arguments: dict[str, Any] = field(default_factory=dict)
    name: str = ""
    others: list[str] = field(default_factory=list)
    by_hand: bool = False

    @property
    def columns(self) -> list[str]:
        """All its columns, in the table's order for a task, the file's last for media."""
        return [*self.others, self.column] if self.role == "modality" else [self.column, *self.others]


@dataclass
class Plan:
    """Decisions for all columns, in the table's order, and what the split column's values mean.

    `hints` is what to say of a column if it becomes an input; `pair`, of one that is a group together with another.
    """

    file: str
    rows: int
    profiles: dict[str, Profile]
    decisions: dict[str, Decision]
    splits: dict[str, str] = field(default_factory=dict)
    given: Given = field(default_factory=Given)
    hints: dict[str, str] = field(default_factory=dict)
    pair: tuple[str, str] | None = None
    looked: dict[str, Looked] = field(default_factory=dict, repr=False)

    def look(self, columns: Mapping[str, Any], name: str) -> Looked:
        """A column in the forms in which columns are compared; of a long table, a sample of its rows."""
        if name not in self.looked:
            self.looked[name] = Looked.at(columns[name], sample(self.rows))
        return self.looked[name]

    def of(self, role: Role, *kinds: str) -> list[Decision]:
        """The columns of one role (and kind)."""
        return [d for d in self.decisions.values() if d.role == role and (not kinds or d.kind in kinds)]

    def first(self, role: Role) -> str | None:
        """The name of the first column of a role, if there is one."""
        return next((d.column for d in self.of(role)), None)

    def open(self, fixed: frozenset[str] = frozenset()) -> list[str]:
        """Columns of which nothing is decided yet, without the `fixed` ones."""
        return [d.column for d in self.of("open") if d.column not in fixed]

    def decide(self, column: str, role: Role, kind: str = "", reason: str = "", **more: Any) -> None:
        """Note what a column becomes; of one that a person has decided, the reason against it is a warning."""
        known = self.decisions.get(column)
        if known is not None and known.by_hand:
            self.warn(column, reason)
        else:
            self.decisions[column] = Decision(column, role, kind, reason, **more)

    def training_rows(self, columns: Mapping[str, Any], split: str) -> np.ndarray:
        """Bool `[rows]`: the rows that a split column gives to training."""
        training = [value for value, meaning in self.splits.items() if meaning == "train"]
        return columns[split].is_in(training).fill_null(False).to_numpy()

    def warn(self, column: str, warning: str) -> None:
        """Add to what is said of a column."""
        decision = self.decisions[column]
        decision.warning = f"{decision.warning}; {warning}" if decision.warning else warning
