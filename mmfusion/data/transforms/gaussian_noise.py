"""Gaussian noise on images, waveforms, features or series."""

from __future__ import annotations

import torch
from torch import Tensor

from mmfusion.batch import Input, Tokens
from mmfusion.data.transforms._base import Transform


class GaussianNoise(Transform):
    """`x + std · ε`, ε ~ N(0, 1) for every value, in the unit of what encoders get.

    Args:
        std: deviation of the noise; images, features and series are standardised, waveforms lie in −1…1.
    """

    kinds = ("image", "speech", "features", "series")

    def __init__(self, std: float) -> None:
        if not std >= 0:
            raise ValueError(f"GaussianNoise: std must be at least 0, found {std}")
        self.std = std

    def __call__(self, x: Input, generator: torch.Generator) -> Input:
        if isinstance(x, Tokens):
            return Tokens(self._noisy(x.values, generator), x.lengths)
        return self._noisy(x, generator)

    def _noisy(self, x: Tensor, generator: torch.Generator) -> Tensor:
        if not x.is_floating_point():
            raise ValueError(f"GaussianNoise: expected floats, found {x.dtype}: noise makes no sense on token ids")
        return torch.randn(x.shape, generator=generator, dtype=x.dtype).mul_(self.std).add_(x)
