"""The contract of a kind of modality."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from torch import Tensor

from mmfusion.batch import Input, Tokens
from mmfusion.data.kinds._window import Window
from mmfusion.data.table.cells import Cells

Root = Path | str | None


class Kind(ABC):
    """Cells → `fit` (training rows) → `decode` (one cell, kept compact) → `finish` (a batch, as encoders want it).

    Attributes:
        columns: the manifest's columns; with several, a cell is a tuple, or the path that they make up if the kind
            reads files. Empty: the column named as the modality.
        ragged: decoded rows differ in their first axis, so a batch of them is `Tokens`.
        window: which part of a long row a batch takes.
        reads_files: its string cells are paths under the table's root.
        keeps_zeros: `finish` leaves padding zero.
    """

    columns: list[str]
    ragged: bool = False
    window: Window = Window()
    reads_files: bool = False
    keeps_zeros: bool = False

    @abstractmethod
    def fit(self, cells: Sequence[Any], root: Root) -> None:
        """Learn from the training rows' non-empty cells what decoding needs: vocabulary, levels, shapes."""

    def measure(self, chunks: Iterable[Tensor]) -> None:
        """Learn from decoded training rows, stacked (ragged: concatenated), what `finish` needs: mean and deviation."""
        return

    @abstractmethod
    def decode(self, cell: Any, root: Root) -> Tensor:
        """One cell, read from its file or taken as it is; a pure function. DecodeError says which file and why."""

    def decode_all(self, cells: Cells) -> Tensor | Tokens | None:
        """Many cells at once, where that is faster and every one is fine; None: go one by one.

        Stacked; of a ragged kind `Tokens` whose values are all rows' one after the other, without padding.
        """
        return None

    @abstractmethod
    def blank(self) -> Tensor:
        """What stands in for an absent cell among decoded ones: zeros, of length 0 if ragged."""

    def widen(self, stored: Tensor) -> Tensor:
        """A decoded row as float32, where rows of unequal types meet."""
        return stored.float()

    @abstractmethod
    def finish(self, stored: Input) -> Input:
        """Decoded rows, stacked or padded, as the encoder wants them; what lies at absent rows is zeroed later."""

    def finish_with(self, stored: Input, transforms: Callable[[Input], Input]) -> Input:
        """`finish` with transforms: behind it, unless they are to see another form than encoders."""
        return transforms(self.finish(stored))

    def number_columns(self) -> tuple[Sequence[str], Sequence[str]]:
        """The columns whose cells are read as numbers, and those whose cells are if all of a column's are."""
        return (), ()

    def unseen(self, cells: Cells) -> str:
        """What of new cells training never saw, so that it is taken as unknown: counts; empty if nothing is."""
        return ""

    def far(self, cells: Cells) -> str:
        """What of new cells is nowhere near training, as of another unit or decimal mark: counts; empty if nothing."""
        return ""

    @abstractmethod
    def encoder_arguments(self) -> dict[str, Any]:
        """What an encoder of this kind must be told, once fitted."""

    @abstractmethod
    def state(self) -> Mapping[str, Any]:
        """What was fitted, as JSON types."""

    @abstractmethod
    def load_state(self, state: Mapping[str, Any]) -> None:
        """Undo of `state`."""

    def save_files(self, folder: Path) -> None:
        """Write what is more than a `state` to a folder of this modality's own, which may not be there yet."""
        return

    def load_files(self, folder: Path) -> None:
        """Undo of `save_files`; the folder is not there if nothing was saved."""
        return


def path_columns(column: str | Sequence[str] | None) -> list[str]:
    """The columns of a kind that reads files: one of paths, or folders' and files' that make up a path; none given."""
    return [column] if isinstance(column, str) else list(column or ())
