"""The end of an image encoder: a feature map to `Encoded`."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mmfusion.batch import Encoded
from mmfusion.encoders.pooling import GridPooling, Pooling


class FeatureMap(nn.Module):
    """Tokens are the H·W positions of a map `[B, D, H, W]`, row by row; the vector is pooled from them.

    Args:
        dim: D.
        pooling: grid, mean, max or attention.
        grid: cells each way, for `grid`.
        dropout: on vector and tokens.
    """

    def __init__(self, dim: int, pooling: str, grid: int, dropout: float) -> None:
        super().__init__()
        if pooling not in ("grid", "mean", "max", "attention"):
            raise ValueError(f"encoder pooling: expected grid, mean, max or attention, found {pooling!r}")
        self.grid = GridPooling(dim, grid, grid) if pooling == "grid" else None
        self.pool = None if pooling == "grid" else Pooling(pooling, dim)
        self.dropout = nn.Dropout(dropout)

    def forward(self, map_BDHW: Tensor) -> Encoded:
        tokens_BLD = map_BDHW.flatten(2).transpose(1, 2)
        mask_BL = torch.ones(tokens_BLD.shape[:2], dtype=torch.bool, device=map_BDHW.device)
        if self.grid is not None:
            pooled_BD = self.grid(map_BDHW)
        else:
            assert self.pool is not None
            pooled_BD = self.pool(tokens_BLD, mask_BL)
        return Encoded(self.dropout(pooled_BD), self.dropout(tokens_BLD), mask_BL)
