"""Images shifted by a few pixels."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mmfusion.batch import Input
from mmfusion.data.transforms._base import Transform


class RandomCrop(Transform):
    """Pads each image `[C, H, W]` on all sides and cuts a window of its old size out at a random place.

    Args:
        padding: pixels on each side, filled with zeros: the training split's mean colour.
    """

    kinds = ("image",)

    def __init__(self, padding: int) -> None:
        if padding < 0:
            raise ValueError(f"RandomCrop: padding must be at least 0, found {padding}")
        self.padding = padding

    def __call__(self, x: Input, generator: torch.Generator) -> Input:
        if not isinstance(x, Tensor) or x.ndim != 4:
            raise ValueError("RandomCrop: expected images [B, C, H, W]")
        B, _, H, W = x.shape
        tops_B, lefts_B = torch.randint(2 * self.padding + 1, (2, B), generator=generator)
        rows_BH = tops_B[:, None] + torch.arange(H)
        cols_BW = lefts_B[:, None] + torch.arange(W)
        # Advanced indices are separated by the channels' slice, so torch puts their axes first: [B, H, W, C].
        padded = nn.functional.pad(x, [self.padding] * 4)
        cropped = padded[torch.arange(B)[:, None, None], :, rows_BH[:, :, None], cols_BW[:, None, :]]
        return cropped.permute(0, 3, 1, 2).contiguous()
