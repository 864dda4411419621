"""From an encoder's tokens to one vector a row.

Shapes: B rows, L positions, D features, H×W positions of a feature map.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mmfusion.batch import Encoded, Tokens
from mmfusion.encoders.layers import FeatureDropout


class Pooling(nn.Module):
    """Pools the real tokens of each row; padding has no influence on the result.

    `mean`, `max`, `first`, `last`, or `attention`: `Σ_l softmax_l(w·x_l) x_l` with a learned `w [D]`.
    A row without any real token is pooled as if its first position were one, so nothing is ever infinite; where there
    is no position at all, the result is 0.
    """

    def __init__(self, pooling: str, dim: int) -> None:
        super().__init__()
        assert pooling in ("mean", "max", "attention", "first", "last"), pooling
        self.pooling = pooling
        self.score = nn.Linear(dim, 1, bias=False) if pooling == "attention" else None

    def forward(self, tokens_BLD: Tensor, mask_BL: Tensor) -> Tensor:
        """`[B, D]` from tokens and Bool `mask`, True where a token is real (and real ones come first)."""
        if tokens_BLD.shape[1] == 0:
            return tokens_BLD.sum(1)
        if self.pooling == "first":
            return tokens_BLD[:, 0]
        counts_B = mask_BL.sum(1).clamp(min=1)
        if self.pooling == "last":
            return take_position(tokens_BLD, counts_B - 1)
        mask_BL = mask_BL | (torch.arange(mask_BL.shape[1], device=mask_BL.device) == 0)
        if self.pooling == "max":
            return tokens_BLD.masked_fill(~mask_BL[..., None], -torch.inf).amax(1)
        if self.score is None:
            return tokens_BLD.masked_fill(~mask_BL[..., None], 0.0).sum(1) / counts_B[:, None]
        scores_BL = self.score(tokens_BLD).squeeze(-1).float().masked_fill(~mask_BL, -torch.inf)
        weights_BL = scores_BL.softmax(1).to(tokens_BLD.dtype)
        return (weights_BL[..., None] * tokens_BLD.masked_fill(~mask_BL[..., None], 0.0)).sum(1)

    def extra_repr(self) -> str:
        return self.pooling


class GridPooling(nn.Module):
    """`f = ReLU(LayerNorm(Σ_i W_i x_i + b))`, `x_i` the mean over cell i of a coarse grid laid over the positions.

    Averaging over all positions forgets where something was; a coarse grid keeps it. The cells are those of
    `nn.AdaptiveAvgPool2d` on the row alone: with n real positions cell i holds `⌊i n/g⌋ … ⌈(i+1) n/g⌉ - 1`, so
    padding along H has no influence. The cells are also the tokens, each `ReLU(LayerNorm(W_i x_i + b))`.
    """

    def __init__(self, channels: int, dim: int, rows: int, columns: int) -> None:
        super().__init__()
        self.rows, self.columns = rows, columns
        self.linear = nn.Linear(channels * rows * columns, dim)
        self.norm = nn.LayerNorm(dim)

    def forward(self, map_BDHW: Tensor, counts_B: Tensor | None = None) -> Encoded:
        """`rows·columns` tokens of width `dim`; `counts_B` says how many of the H positions are real (None: all)."""
        cells_BND = self.cells(map_BDHW, counts_B)
        weight_ONC = self.linear.weight.unflatten(1, cells_BND.shape[1:])
        parts_BNO = torch.einsum("bnc,onc->bno", cells_BND, weight_ONC)
        pooled_BO = nn.functional.relu(self.norm(parts_BNO.sum(1) + self.linear.bias))
        tokens_BNO = nn.functional.relu(self.norm(parts_BNO + self.linear.bias))
        return Encoded(pooled_BO, tokens_BNO, _all_real(tokens_BNO))

    def cells(self, map_BDHW: Tensor, counts_B: Tensor | None = None) -> Tensor:
        """`[B, rows·columns, D]`, the cells' means."""
        # Not adaptive_avg_pool2d: it knows no counts, and its backward on a GPU is not deterministic.
        height, width = map_BDHW.shape[2:]
        device = map_BDHW.device
        heights = torch.full((1,), height, device=device) if counts_B is None else counts_B
        down_BRH = cell_shares(heights, self.rows, height)
        across_1CW = cell_shares(torch.full((1,), width, device=device), self.columns, width)
        shares_BNL = (down_BRH[:, :, None, :, None] * across_1CW[:, None, :, None, :]).flatten(3).flatten(1, 2)
        positions_BLD = map_BDHW.flatten(2).transpose(1, 2)
        return shares_BNL.to(map_BDHW.dtype).expand(len(map_BDHW), -1, -1) @ positions_BLD


def cell_shares(counts_B: Tensor, cells: int, positions: int) -> Tensor:
    """`[B, cells, positions]`: what each position contributes to the mean of each cell of a row's real positions."""
    counts_B1 = counts_B.clamp(min=1)[:, None]
    cell_R = torch.arange(cells, device=counts_B.device)
    first_BR = cell_R * counts_B1 // cells
    end_BR = -(-(cell_R + 1) * counts_B1 // cells)
    position_H = torch.arange(positions, device=counts_B.device)
    inside_BRH = (position_H >= first_BR[..., None]) & (position_H < end_BR[..., None])
    return inside_BRH / (end_BR - first_BR)[..., None]


class FeatureMap(nn.Module):
    """The end of an image encoder: a map `[B, D, H, W]` to one vector and its H·W positions row by row as tokens.

    With `grid` pooling the tokens are the cells of a grid, `grid` each way, and all is of width `dim`.
    """

    def __init__(self, channels: int, pooling: str, grid: int, dim: int, dropout: float) -> None:
        super().__init__()
        self.dim = dim if pooling == "grid" else channels
        self.grid = GridPooling(channels, dim, grid, grid) if pooling == "grid" else None
        self.pool = None if pooling == "grid" else Pooling(pooling, channels)
        self.dropout = FeatureDropout(dropout)

    def forward(self, map_BDHW: Tensor) -> Encoded:
        if self.grid is not None:
            return self.dropout(self.grid(map_BDHW))
        assert self.pool is not None
        tokens_BLD = map_BDHW.flatten(2).transpose(1, 2)
        mask_BL = _all_real(tokens_BLD)
        return self.dropout(Encoded(self.pool(tokens_BLD, mask_BL), tokens_BLD, mask_BL))


def _all_real(tokens_BLD: Tensor) -> Tensor:
    return torch.ones(tokens_BLD.shape[:2], dtype=torch.bool, device=tokens_BLD.device)


def real_positions(x: Tokens) -> Tensor:
    """`x.mask()`, where a row of length 0 counts as having its first position: no row is without a token."""
    return Tokens(x.values, x.lengths.clamp(min=1)).mask()


def take_position(tokens_BLD: Tensor, index_B: Tensor) -> Tensor:
    """`[B, D]`: of each row the token at its own index."""
    return tokens_BLD.gather(1, index_B[:, None, None].expand(-1, 1, tokens_BLD.shape[2])).squeeze(1)
