"""What fusions are made of: alignment to one width, weights of streams, activations.

Shapes: B rows, D features of one modality, H the fused width, M modalities.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from mmfusion.batch import Encoded, blank_rows
from mmfusion.config.errors import suggest

ACTIVATIONS: dict[str, type[nn.Module]] = {"relu": nn.ReLU, "gelu": nn.GELU, "tanh": nn.Tanh, "none": nn.Identity}


class Align(nn.ModuleDict):
    """`h_m = present_m ? W_m x_m + b_m : 0`, each `[B, dim]`, or x_m itself without `enabled`."""

    def __init__(self, dims: Mapping[str, int], dim: int, enabled: bool = True) -> None:
        super().__init__({name: nn.Linear(width, dim) if enabled else nn.Identity() for name, width in dims.items()})
        self.widths = {name: dim if enabled else width for name, width in dims.items()}

    def forward(self, encoded: Mapping[str, Encoded], present: Mapping[str, Tensor]) -> dict[str, Tensor]:
        return {name: blank_rows(linear(encoded[name].pooled), present[name]) for name, linear in self.items()}


class StreamWeights(nn.Module):
    """`w̃_s = w_s p_s / Σ_t w_t p_t` per row: one weight per stream, renormalised over the streams that a row has.

    Weights are `fixed`, or `learned` as `w = softmax(θ)`, starting at `weights`; None is equal ones. They must be for
    exactly the streams (ValueError).
    """

    logits: Tensor

    def __init__(self, streams: list[str], weighting: str, weights: Mapping[str, float] | None) -> None:
        super().__init__()
        weights = dict.fromkeys(streams, 1.0) if weights is None else weights
        for name in weights:
            if name not in streams:
                raise ValueError(f"weights: there is no stream {name!r}; {suggest(name, streams)}")
        for name in streams:
            if name not in weights:
                raise ValueError(f"weights: expected a positive number for {name!r}, found none")
        self.streams = streams
        logits_S = torch.tensor([float(weights[name]) for name in streams]).log()
        if weighting == "learned":
            self.logits = nn.Parameter(logits_S)
        else:
            self.register_buffer("logits", logits_S)

    def forward(self, outputs: Mapping[str, Tensor], present: Mapping[str, Tensor]) -> Tensor:
        """`Σ_s w̃_s y_s` of outputs `[B, C]` per stream; a stream that `present` does not name is always there."""
        always_B = torch.ones_like(next(iter(present.values())))
        present_BS = torch.stack([present.get(name, always_B) for name in self.streams], dim=1)
        weights_BS = masked_softmax(self.logits.expand(present_BS.shape), present_BS)
        # With one stream left its weight is exp(0) / exp(0) and the rest adds zeros: its own output, exactly.
        outputs_BSC = torch.stack([outputs[name] for name in self.streams], dim=1)
        return (weights_BS[..., None] * outputs_BSC).sum(1)


def masked_softmax(logits: Tensor, mask: Tensor, dim: int = 1) -> Tensor:
    """Softmax over the masked-in entries, 0 elsewhere; finite where nothing is masked in."""
    return logits.masked_fill(~mask, torch.finfo(logits.dtype).min).softmax(dim)
