"""The end of an image encoder: a feature map to `Encoded`."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mmfusion.batch import Encoded
from mmfusion.encoders.layers import FeatureDropout
from mmfusion.encoders.pooling import GridPooling, Pooling


class FeatureMap(nn.Module):
    """A map `[B, D, H, W]` to one vector and tokens: its H·W positions row by row, or the cells of a coarse grid.

    With `grid` pooling the grid has `grid` cells each way and the result the width `dim`, else it has the map's own.
    """

    def __init__(self, channels: int, pooling: str, grid: int, dim: int, dropout: float) -> None:
        super().__init__()
        self.dim = dim if pooling == "grid" else channels
        self.grid = GridPooling(channels, dim, grid, grid) if pooling == "grid" else None
        self.pool = None if pooling == "grid" else Pooling(pooling, channels)
        self.dropout = FeatureDropout(dropout)

    def forward(self, map_BDHW: Tensor) -> Encoded:
        if self.grid is not None:
            pooled_BD, tokens_BLD = self.grid(map_BDHW)
            mask_BL = _all_real(tokens_BLD)
        else:
            assert self.pool is not None
            tokens_BLD = map_BDHW.flatten(2).transpose(1, 2)
            mask_BL = _all_real(tokens_BLD)
            pooled_BD = self.pool(tokens_BLD, mask_BL)
        pooled_BD, tokens_BLD = self.dropout(pooled_BD, tokens_BLD)
        return Encoded(pooled_BD, tokens_BLD, mask_BL)


def _all_real(tokens_BLD: Tensor) -> Tensor:
    return torch.ones(tokens_BLD.shape[:2], dtype=torch.bool, device=tokens_BLD.device)
