"""Uncertainty weighting: each task learns its own noise."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from mmfusion.loss_weighting._base import LossWeighting
from mmfusion.loss_weighting._combine import Float32State


class Uncertainty(Float32State, LossWeighting):
    """`L = Σ cᵢ e^{-sᵢ} Lᵢ + ½ sᵢ`, `sᵢ = log σᵢ²` learned with the model; c is ½ for a regression, 1 otherwise.

    A regression's loss must be the squared error for s to be its noise. The weights returned are `cᵢ e^{-sᵢ}`, which
    the paper leaves to the data: they do not sum to T. In a batch without a label for a task, both of its terms are 0
    and its s receives the gradient 0 (an optimizer's momentum may still carry it on); the others keep their weights.

    Paper: Kendall, Gal, Cipolla, arXiv 1705.07115. s starts at `initial` and is kept out of weight decay, which would
    pull every σ towards 1.

    Args:
        initial: where every s starts.

    Raises:
        ValueError: `initial` is not finite.
    """

    def __init__(self, tasks: Sequence[str], regressions: Sequence[str] = (), initial: float = 0.0) -> None:
        super().__init__()
        if not math.isfinite(initial):
            raise ValueError(f"loss_weighting.initial: expected a finite number, found {initial}")
        self.log_variances = nn.Parameter(torch.full((len(tasks),), float(initial)))
        self.factors: Tensor
        self.register_buffer(
            "factors", torch.tensor([0.5 if name in regressions else 1.0 for name in tasks]), persistent=False
        )

    def forward(self, losses: Tensor, gramian: Tensor | None, active: Tensor) -> tuple[Tensor, Tensor]:
        weights = self.factors * torch.exp(-self.log_variances)
        terms = weights * losses + self.log_variances / 2
        return torch.where(active, terms, 0.0).sum(), torch.where(active, weights.detach(), 0.0)
