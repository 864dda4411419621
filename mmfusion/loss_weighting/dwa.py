"""Dynamic weight average: weights from how fast each loss fell over the last two epochs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import torch
from annotated_types import Gt
from torch import Tensor

from mmfusion.loss_weighting._base import LossWeighting
from mmfusion.loss_weighting._combine import Float32State, weighted_total


def dwa_weights(last: Tensor, before: Tensor, temperature: float) -> Tensor:
    """`wᵢ = T · softmax(rᵢ / τ)`, `rᵢ = L̄ᵢ(e-1) / L̄ᵢ(e-2)` of mean losses over epochs with labels; all `[T]`.

    `rᵢ` is 1 where a mean is NaN: there has been no such epoch. The larger τ, the more even the weights.
    """
    tiny = torch.finfo(last.dtype).tiny
    ratios = torch.where(last.isnan() | before.isnan(), 1.0, last / before.clamp(min=tiny))
    # A loss that was 0 makes the ratio infinite: the softmax needs it finite to give that task all the weight.
    return len(last) * torch.softmax(ratios.clamp(0, 1e6) / temperature, dim=0)


class DWA(Float32State, LossWeighting):
    """`wᵢ = T · softmax(rᵢ / τ)`, `rᵢ` the ratio of task i's mean losses of the last two epochs. Weights sum to T.

    The first two epochs are equal. A mean is over the steps in which the task had a label. An epoch in which a task
    had none is left out of that task's history: its ratio compares its last two epochs with labels. In a batch without
    a label for a task its weight is 0 and the others keep theirs.

    Paper: Liu, Johns, Davison, arXiv 1803.10704.

    Args:
        temperature: τ.
    """

    def __init__(
        self, tasks: Sequence[str], regressions: Sequence[str] = (), temperature: Annotated[float, Gt(0)] = 2.0
    ) -> None:
        super().__init__()
        self.temperature = float(temperature)
        count = len(tasks)
        self.weights: Tensor
        self.sums: Tensor  # over the steps of this epoch so far
        self.steps: Tensor
        self.means: Tensor  # of the last epoch with labels, and of the one before
        self.register_buffer("weights", torch.ones(count))
        self.register_buffer("sums", torch.zeros(count))
        self.register_buffer("steps", torch.zeros(count))
        self.register_buffer("means", torch.full((2, count), float("nan")))

    def forward(self, losses: Tensor, gramian: Tensor | None, active: Tensor) -> tuple[Tensor, Tensor]:
        if self.training:
            self.sums += torch.where(active, losses.detach().float(), 0.0)
            self.steps += active
        return weighted_total(losses, self.weights, active)

    def on_epoch_start(self) -> None:
        seen = self.steps > 0
        mean = self.sums / self.steps.clamp(min=1)
        self.means.copy_(torch.where(seen, torch.stack([mean, self.means[0]]), self.means))
        self.sums.zero_()
        self.steps.zero_()
        self.weights.copy_(dwa_weights(self.means[0], self.means[1], self.temperature))
