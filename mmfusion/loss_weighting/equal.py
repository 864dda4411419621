"""Equal weighting: the plain sum of the losses."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from mmfusion.loss_weighting._base import LossWeighting
from mmfusion.loss_weighting._combine import weighted_total


class Equal(LossWeighting):
    """`L = Σ Lᵢ`: every weight is 1. A task without labels in a batch has the weight 0, the others keep theirs."""

    def __init__(self, tasks: Sequence[str], regressions: Sequence[str] = ()) -> None:
        super().__init__()

    def forward(self, losses: Tensor, gramian: Tensor | None, active: Tensor) -> tuple[Tensor, Tensor]:
        return weighted_total(losses, torch.ones(len(losses), device=losses.device), active)
