"""What a kind of modality may do beside its contract; here nothing, or the plainest thing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from torch import Tensor

from mmfusion.batch import Tokens
from mmfusion.data.kinds._window import Window
from mmfusion.data.table.cells import Cells


class Hooks:
    """Attributes and methods that a kind overrides where it has more to learn, to save or to say.

    Attributes:
        suffixes: of the files that it reads, with their dot.
        encoder_arguments: names of its attributes, once fitted, that an encoder of this kind is built with.
        reads_files: its string cells are paths under the table's root.
        ragged: decoded rows differ in their first axis, so a batch of them is `Tokens`.
        window: which part of a long row a batch takes.
        keeps_zeros: `finish` leaves padding zero.
        largest: transforms see decoded values divided by it, before `finish`; None: they come behind `finish`.
    """

    suffixes: tuple[str, ...] = ()
    encoder_arguments: tuple[str, ...] = ()
    reads_files: bool = False
    ragged: bool = False
    window: Window = Window()
    keeps_zeros: bool = False
    largest: float | None = None

    def for_encoder(self) -> dict[str, Any]:
        """What an encoder of this kind is built with, once fitted."""
        return {name: getattr(self, name) for name in self.encoder_arguments}

    def measure(self, chunks: Iterable[Tensor]) -> None:
        """Learn from decoded training rows, stacked (ragged: concatenated), what `finish` needs: mean and deviation."""

    def decode_all(self, cells: Cells) -> Tensor | Tokens | None:
        """Many cells at once, where that is faster and every one is fine; None: go one by one.

        Stacked; of a ragged kind `Tokens` whose values are all rows' one after the other, without padding.
        """
        return None

    def widen(self, stored: Tensor) -> Tensor:
        """A decoded row as float32, where rows of unequal types meet."""
        return stored.float()

    def number_columns(self) -> tuple[Sequence[str], Sequence[str]]:
        """The columns whose cells are read as numbers, and those whose cells are if all of a column's are."""
        return (), ()

    def unseen(self, cells: Cells) -> str:
        """What of new cells training never saw, so that it is taken as unknown: counts; empty if nothing is."""
        return ""

    def far(self, cells: Cells) -> str:
        """What of new cells is nowhere near training, as of another unit or decimal mark: counts; empty if nothing."""
        return ""

    def state(self) -> Mapping[str, Any]:
        """What was fitted, as JSON types."""
        return {}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Undo of `state`."""

    def save_files(self, folder: Path) -> None:
        """Write what is more than a `state` to a folder of this modality's own, which may not be there yet."""

    def load_files(self, folder: Path) -> None:
        """Undo of `save_files`; the folder is not there if nothing was saved."""
