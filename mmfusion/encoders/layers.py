"""Layers that several encoders are made of."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from mmfusion.batch import Encoded


def fully_connected(width: int, hidden: Sequence[int], dropout: float) -> tuple[nn.Sequential, int]:
    """`x ← Dropout(ReLU(LayerNorm(W x + b)))` once per width in `hidden`, and the last width; none is the identity."""
    layers: list[nn.Module] = []
    for size in hidden:
        layers += [nn.Linear(width, size), nn.LayerNorm(size), nn.ReLU(), nn.Dropout(dropout)]
        width = size
    return nn.Sequential(*layers), width


class FeatureDropout(nn.Dropout):
    """Sets features of each row to zero and scales the rest: the same ones in its vector and in all of its tokens.

    One draw per row and feature instead of one per token and feature: most fusions look at one of the two alone, and
    drawing costs more than multiplying.

    Paper: Gal and Ghahramani, arXiv 1512.05287 (one mask for all positions).
    """

    def forward(self, x: Encoded) -> Encoded:  # type: ignore[override]
        if not self.training or self.p == 0:
            return x
        keep_BD = super().forward(torch.ones_like(x.pooled))
        return Encoded(x.pooled * keep_BD, x.tokens * keep_BD[:, None].to(x.tokens.dtype), x.mask)


def norm_groups(channels: int) -> int:
    """About 16 channels a group (Wu and He, arXiv 1803.08494): few groups, because they cost time on a CPU."""
    return next(groups for groups in range(max(1, channels // 16), 0, -1) if channels % groups == 0)


def group_norm(channels: int) -> nn.Module:
    """`nn.GroupNorm` with `norm_groups(channels)` groups."""
    return nn.GroupNorm(norm_groups(channels), channels)


def per_stage(
    inputs: int, widths: Sequence[int], kernels: Sequence[int], strides: Sequence[int], pools: Sequence[int]
) -> list[tuple[int, int, int, int, int]]:
    """(channels in and out, kernel, stride, pool) a stage; of lists shorter than `widths` the last number goes on.

    Pools stand between stages: behind the last one, pooling to a vector follows anyway, so its pool is 1. ValueError
    for lists that do not fit, a number below 1, and an even kernel, which would shift the map by half a pixel.
    """
    if not widths:
        raise ValueError("encoder widths: expected one stage or more, found none")
    for name, numbers in (("widths", widths), ("kernels", kernels), ("strides", strides), ("pools", pools)):
        if not 1 <= len(numbers) <= len(widths) or min(numbers) < 1:
            raise ValueError(
                f"encoder {name}: expected 1 to {len(widths)} numbers of 1 or more (one per width), "
                f"found {list(numbers)}"
            )
    if any(kernel % 2 == 0 for kernel in kernels):
        raise ValueError(f"encoder kernels: expected odd numbers, found {list(kernels)}")
    lists = ([*numbers, *[numbers[-1]] * (len(widths) - len(numbers))] for numbers in (kernels, strides, pools))
    stages = list(zip([inputs, *widths[:-1]], widths, *lists, strict=True))
    return [*stages[:-1], (*stages[-1][:-1], 1)]
