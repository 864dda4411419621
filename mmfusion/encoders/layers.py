"""Layers that several encoders are made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn


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

    def forward(self, pooled_BD: Tensor, tokens_BLD: Tensor) -> tuple[Tensor, Tensor]:  # type: ignore[override]
        if not self.training or self.p == 0:
            return pooled_BD, tokens_BLD
        keep_BD = super().forward(torch.ones_like(pooled_BD))
        return pooled_BD * keep_BD, tokens_BLD * keep_BD[:, None].to(tokens_BLD.dtype)


def groups_of(channels: int) -> int:
    """About 16 channels a group (Wu and He, arXiv 1803.08494): few groups, because they cost time on a CPU."""
    return next(groups for groups in range(max(1, channels // 16), 0, -1) if channels % groups == 0)


def group_norm(channels: int) -> nn.Module:
    """`nn.GroupNorm` with `groups_of(channels)` groups."""
    return nn.GroupNorm(groups_of(channels), channels)


def norm2d(norm: str, channels: int) -> nn.Module:
    """`group` looks at one row alone; `batch` is `nn.BatchNorm2d` and mixes the rows of a batch in training; `none`."""
    makers: dict[str, Callable[[int], nn.Module]] = {"group": group_norm, "batch": nn.BatchNorm2d, "none": nn.Identity}
    return makers[norm](channels)


def per_stage(
    widths: Sequence[int], kernels: Sequence[int], strides: Sequence[int], pools: Sequence[int]
) -> list[tuple[int, int, int]]:
    """(kernel, stride, pool) of each stage; the last number of a list shorter than `widths` goes on.

    Pools stand between stages: behind the last one, pooling to a vector follows anyway, so its pool is 1.

    Raises:
        ValueError: no stage, an empty list or one longer than `widths`, a number below 1, an even kernel (it would
            shift the picture by half a pixel).
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
    shapes = list(zip(*lists, strict=True))
    return [*shapes[:-1], (*shapes[-1][:2], 1)]
