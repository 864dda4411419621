"""Sum: align and average, or add."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

import torch
from annotated_types import Ge, Interval
from torch import Tensor, nn

from mmfusion.batch import Encoded
from mmfusion.fusion import _parts
from mmfusion.fusion._base import JOINT, Fusion


class Sum(Fusion):
    """`z = dropout(φ(c · Σ_{m present} (W_m x_m + b_m)))`.

    `c = 1 / (number of present modalities)` for `mean`, so that z keeps its scale whatever is absent; `c = 1` for
    `sum`. Parameters: `Σ_m (D_m + 1)·H`, none without `align`.

    Args:
        dim: H, the width of z.
        reduce: mean or sum.
        activation: φ: relu, gelu, tanh or none.
        dropout: probability of dropping a feature of z.
        align: False adds the `x_m` as they are; all must have the width `dim`.

    Raises:
        ValueError: unequal widths without `align`.
    """

    def __init__(
        self,
        dims: Mapping[str, int],
        dim: Annotated[int, Ge(1)] = 256,
        reduce: Literal["mean", "sum"] = "mean",
        activation: Literal["relu", "gelu", "tanh", "none"] = "relu",
        dropout: Annotated[float, Interval(ge=0, lt=1)] = 0.0,
        align: bool = True,
    ) -> None:
        super().__init__()
        if not align and set(dims.values()) != {dim}:
            raise ValueError(f"align: false needs encoders of width dim={dim}, found {dict(dims)}; set align: true")
        self.streams = {JOINT: dim}
        self.reduce = reduce
        self.align = _parts.Align(dims, dim, align)
        self.activation = _parts.ACTIVATIONS[activation]()
        self.dropout = nn.Dropout(dropout)

    def forward(self, encoded: dict[str, Encoded], present: dict[str, Tensor]) -> dict[str, Tensor]:
        aligned = self.align(encoded, present)
        fused_BH = torch.stack([aligned[name] for name in self.align]).sum(0)
        if self.reduce == "mean":
            present_BM = torch.stack([present[name] for name in self.align], dim=1)
            fused_BH = fused_BH / present_BM.sum(1, keepdim=True).clamp(min=1)
        return {JOINT: self.dropout(self.activation(fused_BH))}

    def last_layer(self) -> list[nn.Parameter]:
        return list(self.align.parameters())
