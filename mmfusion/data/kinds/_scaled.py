"""What features and series have in common."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mmfusion.batch import Input, Tokens
from mmfusion.data.decode.arrays import as_tensor, cell_name
from mmfusion.data.decode.parallel import first_decoded
from mmfusion.data.decode.paths import PathError, Root
from mmfusion.data.errors import DecodeError
from mmfusion.data.kinds._base import Kind
from mmfusion.data.kinds._scale import Scale

SOME = 32
"""Training rows that are read for an offset."""


class ScaledKind(Kind):
    """Vectors `[D]` or sequences `[L, D]` of numbers, scaled per feature by the training split's mean and deviation."""

    width: int | None  # D, once fitted
    scale: Scale

    @abstractmethod
    def read(self, cell: Any, root: Root) -> np.ndarray:
        """A cell's numbers as they are written."""

    @abstractmethod
    def feature_names(self, first: Any, root: Root) -> Sequence[str]:
        """Names of the features, as far as they have any; by the first training cell that can be read."""

    def fit(self, cells: Sequence[Any], root: Root) -> None:
        place, first = first_decoded(self, cells, root)
        self.ragged = first.ndim == 2
        self.width = first.shape[-1]
        self.scale.choose_offset(self._some_rows(cells, root), self.feature_names(cells[place], root))

    def measure(self, chunks: Iterable[Tensor]) -> None:
        self.scale.fit(chunks)

    def decode(self, cell: Any, root: Root) -> Tensor:
        values = as_tensor(self.read(cell, root), cell_name(cell), self.scale.offset)
        return self.window.cut(values) if values.ndim == 2 else values

    def finish(self, stored: Input) -> Input:
        if isinstance(stored, Tokens):
            return Tokens(self.scale(stored.values), stored.lengths)
        return self.scale(stored)

    def blank(self) -> Tensor:
        assert self.width is not None, "blank before fit"
        return torch.zeros(0, self.width) if self.ragged else torch.zeros(self.width)

    def _some_rows(self, cells: Sequence[Any], root: Root) -> Iterator[np.ndarray]:
        """A few of the cells' arrays, spread over all; those that cannot be read are left out, and found later."""
        for i in np.unique(np.linspace(0, len(cells) - 1, SOME).astype(np.int64)).tolist():
            with suppress(DecodeError, PathError):
                yield self.read(cells[i], root)
