"""Random holes in spectrograms, in training.

Shapes: B rows, T frames, M bands.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


class SpecAugment(nn.Module):
    """Sets random bands and random stretches of frames of each row to zero, its mean; acts in training only.

    Each of `masks` masks along a side of n points has a width from `U(0, w)`, with w the given share of n, and a
    start from `U(0, n - width)`. The time side is the row's own duration.

    Paper: Park et al., arXiv 1904.08779; without time warping.

    Args:
        time: greatest share of a row's frames in one mask.
        frequency: greatest share of the bands in one mask.
        masks: along each side.

    Raises:
        ValueError: a share outside [0, 1], a negative number of masks.
    """

    def __init__(self, time: float, frequency: float, masks: int) -> None:
        super().__init__()
        for name, share in (("time", time), ("frequency", frequency)):
            if not 0 <= share <= 1:
                raise ValueError(f"encoder speech spec_augment.{name}: expected a share in [0, 1], found {share}")
        if masks < 0:
            raise ValueError(f"encoder speech spec_augment.masks: expected 0 or more, found {masks}")
        self.time, self.frequency, self.masks = time, frequency, masks

    def forward(self, x_BTM: Tensor, frames_B: Tensor) -> Tensor:
        if not self.training:
            return x_BTM
        bands_B = torch.full_like(frames_B, x_BTM.shape[2])
        for _ in range(self.masks):
            if self.time:
                x_BTM = x_BTM.masked_fill(_hole(frames_B, self.time, x_BTM.shape[1])[:, :, None], 0.0)
            if self.frequency:
                x_BTM = x_BTM.masked_fill(_hole(bands_B, self.frequency, x_BTM.shape[2])[:, None, :], 0.0)
        return x_BTM


def _hole(counts_B: Tensor, share: float, points: int) -> Tensor:
    """Bool `[B, points]`, True inside of a random stretch of each row's first `counts_B` points."""
    width_B, start_B = torch.rand(2, len(counts_B), device=counts_B.device)
    width_B1 = (width_B * share * counts_B)[:, None]
    start_B1 = start_B[:, None] * (counts_B[:, None] - width_B1)
    point_P = torch.arange(points, device=counts_B.device)
    return (point_P >= start_B1) & (point_P < start_B1 + width_B1)
