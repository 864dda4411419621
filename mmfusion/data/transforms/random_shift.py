"""Sequences moved in time."""

from __future__ import annotations

import torch

from mmfusion.batch import Input, Tokens
from mmfusion.data.transforms._base import Transform


class RandomShift(Transform):
    """Moves each waveform or series by up to `fraction` of its length, earlier or later; its length stays.

    What is pushed over an end is lost, zeros come in at the other.

    Args:
        fraction: longest shift as a share of the row's own length, 0…1.
    """

    kinds = ("speech", "features", "series")

    def __init__(self, fraction: float = 0.1) -> None:
        if not 0 <= fraction < 1:
            raise ValueError(f"RandomShift: fraction must lie in 0…1, found {fraction}")
        self.fraction = fraction

    def __call__(self, x: Input, generator: torch.Generator) -> Input:
        if not isinstance(x, Tokens) or not x.values.is_floating_point():
            raise ValueError("RandomShift: expected waveforms [B, S] or series [B, L, C]")
        limit_B = (x.lengths * self.fraction).floor()
        shift_B = ((2 * torch.rand(len(x.lengths), generator=generator) - 1) * limit_B).round().long()
        values = torch.zeros_like(x.values)
        # Copies of slices: an index over [B, S] moves the same numbers ten times as slowly.
        for row, (shift, length) in enumerate(zip(shift_B.tolist(), x.lengths.tolist(), strict=True)):
            start, stop = max(0, shift), length + min(0, shift)
            values[row, start:stop] = x.values[row, start - shift : stop - shift]
        return Tokens(values, x.lengths)
