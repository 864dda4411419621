"""The contract of a kind of modality."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

from torch import Tensor

from mmfusion.batch import Input
from mmfusion.data.decode.paths import Root
from mmfusion.data.kinds._hooks import Hooks


class Kind(Hooks, ABC):
    """Cells → `fit` (training rows) → `decode` (one cell, kept compact) → `finish` (a batch, as encoders want it).

    Attributes:
        columns: the manifest's columns; with several, a cell is a tuple, or the path that they make up if the kind
            reads files. Empty: the column named as the modality.
    """

    columns: list[str]

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
