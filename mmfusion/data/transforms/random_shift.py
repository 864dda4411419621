"""Sequences moved in time."""

from __future__ import annotations

from typing import Annotated

import torch
from annotated_types import Interval
from torch import Tensor

from mmfusion.data.transforms._base import Transform


class RandomShift(Transform):
    """Moves a waveform or series by up to `fraction` of its length, earlier or later; its length stays.

    What is pushed over an end is lost, zeros come in at the other.

    Args:
        fraction: longest shift as a share of the row's own length, 0…1.
    """

    kinds = ("speech", "features", "series")
    sequences = True

    def __init__(self, fraction: Annotated[float, Interval(ge=0, lt=1)] = 0.1) -> None:
        self.fraction = fraction

    def __call__(self, x: Tensor) -> Tensor:
        limit = int(len(x) * self.fraction)
        shift = int(((2 * torch.rand(()) - 1) * limit).round())
        shifted = torch.zeros_like(x)
        shifted[max(0, shift) : len(x) + min(0, shift)] = x[max(0, -shift) : len(x) - max(0, shift)]
        return shifted
