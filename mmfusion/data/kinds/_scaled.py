"""What features and series have in common."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mmfusion.batch import Input, Tokens
from mmfusion.data.decode.arrays import as_tensor, cell_name
from mmfusion.data.decode.paths import Root
from mmfusion.data.kinds._base import Kind
from mmfusion.data.kinds._scale import Scale


class ScaledKind(Kind):
    """Vectors `[D]` or sequences `[L, D]` of numbers, scaled per feature by the training split's mean and deviation.

    Attributes:
        width: D, once fitted.
        scale: of the features.
    """

    width: int | None
    scale: Scale

    @abstractmethod
    def read(self, cell: Any, root: Root) -> np.ndarray:
        """A cell's numbers as they are written."""

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
