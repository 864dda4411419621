"""Waveforms made louder or softer."""

from __future__ import annotations

import torch
from torch import Tensor

from mmfusion.data.transforms._base import Transform


class RandomGain(Transform):
    """`x · 10^(g/20)`, g uniform in `low…high` decibels, one draw a row. Nothing is clipped.

    Args:
        low: softest gain in dB.
        high: loudest gain in dB.
    """

    kinds = ("speech", "features", "series")

    def __init__(self, low: float = -6.0, high: float = 6.0) -> None:
        if not low <= high:
            raise ValueError(f"RandomGain: low must not exceed high, found {low} and {high}")
        self.low = low
        self.high = high

    def __call__(self, x: Tensor) -> Tensor:
        decibels = self.low + (self.high - self.low) * torch.rand(())
        return x * torch.pow(10.0, decibels / 20)
