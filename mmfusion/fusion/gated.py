"""Gated multimodal unit: each modality's contribution passes a gate that sees all of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import torch
from annotated_types import Ge, Interval
from torch import Tensor, nn

from mmfusion.batch import Encoded
from mmfusion.fusion import _parts
from mmfusion.fusion._base import JOINT, Fusion


class Gated(Fusion):
    """`h = Σ_{m present} z_m ⊙ tanh(W_m x_m + b_m)`, gates `z = σ(V [x_1; …; x_M] + c)`, `z [B, M, H]`.

    This is the paper's form for any number of modalities. Its form for two has one gate, z and 1 − z; `normalise`
    generalises that to a softmax over the modalities that a row has.

    An absent modality is left out of the sum and of the softmax, and the gates see zeros in its place.
    Parameters: `Σ_m (D_m + 1)·H + (Σ_m D_m + 1)·M·H`.

    Paper: Arevalo et al., arXiv 1702.01992. Deviation: both Linears have a bias.

    Args:
        dim: H, the width of h.
        normalise: gates of one feature sum to 1 over the present modalities (softmax instead of σ).
        dropout: probability of dropping a feature of h.
    """

    def __init__(
        self,
        dims: Mapping[str, int],
        dim: Annotated[int, Ge(1)] = 256,
        normalise: bool = False,
        dropout: Annotated[float, Interval(ge=0, lt=1)] = 0.0,
    ) -> None:
        super().__init__()
        self.streams = {JOINT: dim}
        self.names = list(dims)
        self.normalise = normalise
        self.project = _parts.Align(dims, dim)
        self.gate = nn.Linear(sum(dims.values()), len(dims) * dim)
        self.dropout = nn.Dropout(dropout)

    def forward(self, encoded: dict[str, Encoded], present: dict[str, Tensor]) -> dict[str, Tensor]:
        present_BM = torch.stack([present[name] for name in self.names], dim=1)
        projected = self.project(encoded, present)
        # tanh(0) = 0, so what is absent adds nothing.
        features_BMH = torch.stack([projected[name] for name in self.names], dim=1).tanh()
        gates_BMH = self._gates(encoded, present_BM)
        return {JOINT: self.dropout((gates_BMH * features_BMH).sum(1))}

    def _gates(self, encoded: dict[str, Encoded], present_BM: Tensor) -> Tensor:
        seen_BD = torch.cat([encoded[name].pooled for name in self.names], dim=1)
        logits_BMH = self.gate(seen_BD).unflatten(1, (len(self.names), -1))
        return _parts.masked_softmax(logits_BMH, present_BM[..., None]) if self.normalise else logits_BMH.sigmoid()

    def last_layer(self) -> list[nn.Parameter]:
        return [*self.project.parameters(), *self.gate.parameters()]
