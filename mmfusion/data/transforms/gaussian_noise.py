"""Gaussian noise on waveforms, features or series; on images it is torchvision.transforms.v2.GaussianNoise."""

from __future__ import annotations

from typing import Annotated

import torch
from annotated_types import Ge
from torch import Tensor

from mmfusion.data.transforms._base import Transform


class GaussianNoise(Transform):
    """`x + std · ε`, ε ~ N(0, 1) for every value, in the unit of what encoders get.

    Args:
        std: deviation of the noise; features and series are standardised, waveforms lie in −1…1.
    """

    kinds = ("speech", "features", "series")

    def __init__(self, std: Annotated[float, Ge(0)]) -> None:
        self.std = std

    def __call__(self, x: Tensor) -> Tensor:
        return torch.randn_like(x).mul_(self.std).add_(x)
