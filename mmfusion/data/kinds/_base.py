"""The contract of a kind of modality."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from torch import Tensor

from mmfusion.batch import Input

Root = Path | str | None


class Kind(ABC):
    """Cells → `fit` (training rows) → `decode` (one cell, kept compact) → `finish` (a batch, as encoders want it).

    Attributes:
        columns: the manifest's columns; with several, a cell is a tuple. Empty: the column named as the modality.
        ragged: decoded rows differ in their first axis, so a batch of them is `Tokens`.
        reads_files: its string cells are paths under the table's root.
    """

    columns: list[str]
    ragged: bool = False
    reads_files: ClassVar[bool] = False

    @abstractmethod
    def fit(self, cells: Sequence[Any], root: Root) -> None:
        """Learn from the training rows' non-empty cells what decoding needs: vocabulary, levels, shapes."""

    def measure(self, chunks: Iterable[Tensor]) -> None:
        """Learn from decoded training rows, stacked (ragged: concatenated), what `finish` needs: mean and deviation."""
        return

    @abstractmethod
    def decode(self, cell: Any, root: Root) -> Tensor:
        """One cell, read from its file or taken as it is; a pure function. DecodeError says which file and why."""

    @abstractmethod
    def finish(self, stored: Input) -> Input:
        """Decoded rows, stacked or padded, as the encoder wants them; what lies at absent rows is zeroed later."""

    @abstractmethod
    def encoder_arguments(self) -> dict[str, Any]:
        """What an encoder of this kind must be told, once fitted."""

    @abstractmethod
    def state(self) -> Mapping[str, Any]:
        """What was fitted, as JSON types."""

    @abstractmethod
    def load_state(self, state: Mapping[str, Any]) -> None:
        """Undo of `state`."""
