"""Placeholders: a learned vector that stands in for an absent modality."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from mmfusion.batch import Encoded


class Placeholders(nn.Module):
    """`f_m = present_m ? f_m : p_m`, with `p_m` a parameter of modality m's width, from `N(0, 0.02)`.

    A row that lacks a modality gets `p_m` as its pooled vector and as its only token, and counts as having it; so
    fusion sees every modality in every row, and learns from `p_m` what absence means.

    A vote is another matter: a modality's own prediction from `p_m` would be the same for every row that lacks it, a
    vote without evidence. So the streams of single modalities that decision-level and hybrid fusion have are combined
    over those truly present; in hybrid fusion placeholders are part of the joint stream alone.
    """

    def __init__(self, dims: Mapping[str, int]) -> None:
        super().__init__()
        self.vectors = nn.ParameterDict(
            {name: nn.Parameter(torch.empty(dim).normal_(0.0, 0.02)) for name, dim in dims.items()}
        )

    def forward(
        self, encoded: dict[str, Encoded], present: dict[str, Tensor]
    ) -> tuple[dict[str, Encoded], dict[str, Tensor]]:
        """`encoded` with absent rows replaced, and `present` with True everywhere."""
        filled = {name: _fill(x, present[name], self.vectors[name]) for name, x in encoded.items()}
        return filled, {name: torch.ones_like(mask_B) for name, mask_B in present.items()}


def _fill(encoded: Encoded, present_B: Tensor, vector_D: Tensor) -> Encoded:
    vector_D = vector_D.to(encoded.pooled.dtype)
    first_L = torch.arange(encoded.mask.shape[1], device=present_B.device) == 0
    # Whatever stands at the other tokens of an absent row is masked; it must not be NaN all the same.
    alone_LD = torch.where(first_L[:, None], vector_D.to(encoded.tokens.dtype), 0.0)
    return Encoded(
        torch.where(present_B[:, None], encoded.pooled, vector_D),
        torch.where(present_B[:, None, None], encoded.tokens, alone_LD),
        torch.where(present_B[:, None], encoded.mask, first_L),
    )
