"""Dropout of an encoder's result."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class FeatureDropout(nn.Dropout):
    """Sets features of each row to zero and scales the rest: the same ones in its vector and in all of its tokens.

    One draw per row and feature instead of one per token and feature: most fusions look at one of the two alone, and
    drawing costs more than multiplying.

    Paper: Gal and Ghahramani, arXiv 1512.05287 (one mask for all positions).
    """

    def forward(self, pooled_BD: Tensor, tokens_BLD: Tensor) -> tuple[Tensor, Tensor]:  # type: ignore[override]
        if not self.training or self.p == 0:
            return pooled_BD, tokens_BLD
        keep_BD = super().forward(torch.ones_like(pooled_BD))
        return pooled_BD * keep_BD, tokens_BLD * keep_BD[:, None].to(tokens_BLD.dtype)
