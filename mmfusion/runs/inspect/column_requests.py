"""What a user asks of a table's columns on the command line, which is then not guessed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from mmfusion.config.errors import suggest
from mmfusion.config.schema import file_suffixes
from mmfusion.data.decode.broken import VIDEO
from mmfusion.data.errors import DataError

FILES = tuple(kind for kind, of_kind in file_suffixes().items() if of_kind)
TABULAR = ("tabular", "numeric", "categorical")
INPUTS = tuple(dict.fromkeys([*file_suffixes(), *TABULAR]))
TASKS = ("classification", "binary", "multilabel", "regression")


@dataclass(frozen=True)
class ColumnRequests:
    """Columns by what they are to become."""

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
