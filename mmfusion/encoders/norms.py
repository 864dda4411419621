"""Normalisation of feature maps `[B, C, H, W]`, by name."""

from __future__ import annotations

from torch import nn


def groups_of(channels: int) -> int:
    """About 16 channels a group (Wu and He, arXiv 1803.08494): few groups, because they cost time on a CPU."""
    return next(groups for groups in range(max(1, channels // 16), 0, -1) if channels % groups == 0)


def group_norm(channels: int) -> nn.Module:
    """`nn.GroupNorm` with `groups_of(channels)` groups."""
    return nn.GroupNorm(groups_of(channels), channels)


def norm2d(norm: str, channels: int) -> nn.Module:
    """`group` looks at one row alone; `batch` is `nn.BatchNorm2d` and mixes the rows of a batch in training.

    Raises:
        ValueError: another name.
    """
    if norm == "group":
        return group_norm(channels)
    if norm == "batch":
        return nn.BatchNorm2d(channels)
    if norm == "none":
        return nn.Identity()
    raise ValueError(f"encoder norm: expected group, batch or none, found {norm!r}")
