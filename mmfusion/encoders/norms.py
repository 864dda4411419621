"""Normalisation of feature maps `[B, C, H, W]`, by name."""

from __future__ import annotations

from collections.abc import Callable

from torch import nn


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
