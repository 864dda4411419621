"""The contract of a kind of modality."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

from torch import Tensor

from mmfusion.batch import Input
from mmfusion.data.decode.paths import Root
from mmfusion.data.kinds._hooks import Hooks
from mmfusion.data.kinds._window import Window


class Kind(Hooks, ABC):
    """Cells → `fit` (training rows) → `decode` (one cell, kept compact) → `finish` (a batch, as encoders want it).

    Attributes:
        columns: the manifest's columns; with several, a cell is a tuple, or the path that they make up if the kind
            reads files. Empty: the column named as the modality.
        suffixes: of the files that it reads, with their dot; a literal.
        encoder_arguments: names of its attributes, once fitted, that an encoder of this kind is built with; a literal.
        reads_files: its string cells are paths under the table's root.
        ragged: decoded rows differ in their first axis, so a batch of them is `Tokens`.
        window: which part of a long row a batch takes.
        keeps_zeros: `finish` leaves padding zero.
    """

    columns: list[str]
    suffixes: tuple[str, ...] = ()
    encoder_arguments: tuple[str, ...] = ()
    reads_files: bool = False
    ragged: bool = False
    window: Window = Window()
    keeps_zeros: bool = False

    @abstractmethod
    def fit(self, cells: Sequence[Any], root: Root) -> None:
        """Learn from the training rows' non-empty cells what decoding needs: vocabulary, levels, shapes."""

    @abstractmethod
    def decode(self, cell: Any, root: Root) -> Tensor:
        """One cell, read from its file or taken as it is; a pure function. DecodeError says which file and why."""

    @abstractmethod
    def blank(self) -> Tensor:
        """What stands in for an absent cell among decoded ones: zeros, of length 0 if ragged."""

    @abstractmethod
    def finish(self, stored: Input) -> Input:
        """Decoded rows, stacked or padded, as the encoder wants them; what lies at absent rows is zeroed later."""

    def finish_with(self, stored: Input, transforms: Callable[[Input], Input]) -> Input:
        """`finish` with transforms: behind it, unless they are to see another form than encoders."""
        return transforms(self.finish(stored))

    def for_encoder(self) -> dict[str, Any]:
        """What an encoder of this kind is built with, once fitted."""
        return {name: getattr(self, name) for name in self.encoder_arguments}
