"""Concatenation: align, concatenate, project."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

import torch
from annotated_types import Ge, Interval
from torch import Tensor, nn

from mmfusion.batch import Encoded
from mmfusion.fusion import _parts
from mmfusion.fusion._base import JOINT, Fusion


class Concat(Fusion):
    """`z = dropout(φ(W [h_1; …; h_M] + b))`, `h_m = W_m x_m + b_m`, zeros in place of an absent `h_m`.

    Parameters: `Σ_m (D_m + 1)·H + (M·H + 1)·H`; without `align`, `(Σ_m D_m + 1)·H`.

    Args:
        dim: H, the width of every `h_m` and of z.
        activation: φ: relu, gelu, tanh or none.
        dropout: probability of dropping a feature of z.
        align: False concatenates the `x_m` as they are.
    """

    def __init__(
        self,
        dims: Mapping[str, int],
        dim: Annotated[int, Ge(1)] = 256,
        activation: Literal["relu", "gelu", "tanh", "none"] = "relu",
        dropout: Annotated[float, Interval(ge=0, lt=1)] = 0.0,
        align: bool = True,
    ) -> None:
        super().__init__()
        self.streams = {JOINT: dim}
        self.align = _parts.Align(dims, dim, align)
        self.project = nn.Linear(sum(self.align.widths.values()), dim)
        self.activation = _parts.ACTIVATIONS[activation]()
        self.dropout = nn.Dropout(dropout)

    def forward(self, encoded: dict[str, Encoded], present: dict[str, Tensor]) -> dict[str, Tensor]:
        aligned = self.align(encoded, present)
        fused_BH = self.project(torch.cat([aligned[name] for name in self.align], dim=1))
        return {JOINT: self.dropout(self.activation(fused_BH))}

    def last_layer(self) -> list[nn.Parameter]:
        return list(self.project.parameters())
