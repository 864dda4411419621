"""The plan of a table: what the user asks of its columns, what each of them becomes, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from mmfusion.config.errors import suggest
from mmfusion.config.schema import file_suffixes
from mmfusion.data.decode.broken import VIDEO
from mmfusion.data.errors import DataError
from mmfusion.runs.inspect.columns.coded import Coded, sample
from mmfusion.runs.inspect.columns.profile import Profile

# `merged`: read together with another column; `open`: not yet known.
Role = Literal["id", "split", "modality", "task", "group", "ignored", "merged", "open"]
FILES = tuple(kind for kind, of_kind in file_suffixes().items() if of_kind)
TABULAR = ("tabular", "numeric", "categorical")
INPUTS = tuple(dict.fromkeys([*file_suffixes(), *TABULAR]))
TASKS = ("classification", "binary", "multilabel", "regression")


@dataclass(frozen=True)
class ColumnRequests:
    """What a user asks of columns on the command line, which is then not guessed."""

    tasks: Sequence[str] = ()  # to be predicted; if there are any, nothing else is
    ignore: Sequence[str] = ()  # to be left out
    groups: Sequence[str] = ()  # the column whose rows stay together in a split
    splits: Sequence[str] = ()  # the column that says which split a row is in
    inputs: Sequence[str] = ()  # modalities, of the kind that their cells suggest
    kinds: Mapping[str, str] = field(default_factory=dict)  # column to the kind of a modality or the type of a task

    def targets(self) -> list[str]:
        """Columns to predict: those of `tasks`, and those whose kind is a task's."""
        return list(dict.fromkeys([*self.tasks, *(name for name, kind in self.kinds.items() if kind in TASKS)]))

    def modalities(self) -> list[str]:
        """Columns to learn from: those of `inputs`, and those whose kind is a modality's."""
        return list(dict.fromkeys([*self.inputs, *(name for name, kind in self.kinds.items() if kind in INPUTS)]))

    def option(self, name: str, option: str) -> str:
        """The option that asks for a column: `--kind` if it says its kind, else the one that is given."""
        return f"--kind {name}={self.kinds[name]}" if name in self.kinds else option

    def check(self, file: str, columns: Iterable[str]) -> None:
        """Refuse what cannot be meant.

        Raises:
            DataError: no such column or kind, a column that is to become two things, two groups or splits.
        """
        columns = list(columns)
        rest = {"--group": self.groups, "--split": self.splits}
        named = {"--task": self.tasks, "--ignore": self.ignore, **rest, "--input": self.inputs, "--kind": self.kinds}
        for option, names in named.items():
            for name in names:
                if name not in columns:
                    raise DataError(f"{option}: {file} has no column {name!r}; {suggest(name, columns)}")
        for name, kind in self.kinds.items():
            if kind == "video":
                raise DataError(f"--kind {name}=video: {VIDEO}")
            if kind not in (*INPUTS, *TASKS):
                raise DataError(f"--kind {name}={kind}: there is no such kind; {suggest(kind, [*INPUTS, *TASKS])}")
        for option, names in rest.items():
            if len(set(names)) > 1:
                raise DataError(
                    f"{option}: expected one column, found {' and '.join(map(repr, names))}; of several make one"
                )
        taken: dict[str, str] = {}
        roles = {"--task": self.targets(), "--input": self.modalities(), **rest, "--ignore": self.ignore}
        for option, names in roles.items():
            for name in dict.fromkeys(names):
                by_kind = self.kinds.get(name) in {"--task": TASKS, "--input": INPUTS}.get(option, ())
                shown = self.option(name, option) if by_kind else option
                if name in taken:
                    raise DataError(
                        f"column {name!r} is given twice, by {taken[name]} and by {shown}; keep one of them"
                    )
                taken[name] = shown


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

    def of(self, role: Role, *kinds: str) -> list[ColumnDecision]:
        return [d for d in self.decisions.values() if d.role == role and (not kinds or d.kind in kinds)]

    def first(self, role: Role) -> str | None:
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
        self.decide(column, "ignored", reason=reason, warning=warning)

    def warn(self, column: str, warning: str) -> None:
        decision = self.decisions[column]
        decision.warning = f"{decision.warning}; {warning}" if decision.warning else warning
