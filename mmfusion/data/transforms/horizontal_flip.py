"""Images mirrored left to right."""

from __future__ import annotations

import torch
from torch import Tensor

from mmfusion.batch import Input
from mmfusion.data.transforms._base import Transform


class HorizontalFlip(Transform):
    """Mirrors each image `[C, H, W]` with probability `p`.

    Args:
        p: probability, 0…1.
    """

    kinds = ("image",)

    def __init__(self, p: float = 0.5) -> None:
        if not 0 <= p <= 1:
            raise ValueError(f"HorizontalFlip: p must lie in 0…1, found {p}")
        self.p = p

    def __call__(self, x: Input, generator: torch.Generator) -> Input:
        if not isinstance(x, Tensor) or x.ndim != 4:
            raise ValueError("HorizontalFlip: expected images [B, C, H, W]")
        flipped_B = torch.rand(len(x), generator=generator) < self.p
        return torch.where(flipped_B[:, None, None, None], x.flip(-1), x)
