"""Fully connected layers shared by the encoders of vectors."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn


def fully_connected(width: int, hidden: Sequence[int], dropout: float) -> tuple[nn.Sequential, int]:
    """`x ← Dropout(ReLU(LayerNorm(W x + b)))` once per width in `hidden`, and the last width; none is the identity."""
    layers: list[nn.Module] = []
    for size in hidden:
        layers += [nn.Linear(width, size), nn.LayerNorm(size), nn.ReLU(), nn.Dropout(dropout)]
        width = size
    return nn.Sequential(*layers), width
