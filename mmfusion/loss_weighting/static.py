"""Static weighting: fixed weights chosen by hand."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import torch
from torch import Tensor

from mmfusion.loss_weighting._base import LossWeighting
from mmfusion.loss_weighting._combine import Float32State, weighted_total


class Static(Float32State, LossWeighting):
    """`L = Σ λᵢ Lᵢ` with fixed λ. A task without labels in a batch has the weight 0, the others keep theirs.

    The λ are taken as they are, not scaled to sum to T.

    Args:
        weights: λ by task.
        default: λ of a task that `weights` does not name; None refuses such a task.

    Raises:
        ValueError: `weights` names no task of the model, leaves one out while `default` is None, holds a number that
            is negative or not finite, or leaves every task with 0.
    """

    def __init__(
        self,
        tasks: Sequence[str],
        regressions: Sequence[str] = (),
        weights: Mapping[str, float] = MappingProxyType({}),
        default: float | None = 1.0,
    ) -> None:
        super().__init__()
        chosen = dict(weights)
        assert set(chosen) <= set(tasks), "refused by the check of the config"
        missing = [name for name in tasks if name not in chosen]
        if missing and default is None:
            raise ValueError(
                f"loss_weighting.weights: expected a weight for each of {', '.join(tasks)}, found none for "
                f"{', '.join(missing)}; name them, or set loss_weighting.default"
            )
        lambdas = [chosen.get(name, default) for name in tasks]
        for name, value in zip(tasks, lambdas, strict=True):
            if value is None or not math.isfinite(value) or value < 0:
                raise ValueError(f"loss_weighting.weights.{name}: expected a finite number >= 0, found {value}")
        if not any(lambdas):
            raise ValueError(f"loss_weighting.weights: expected a weight above 0 for one task or more, found {lambdas}")
        self.weights: Tensor
        self.register_buffer("weights", torch.tensor(lambdas, dtype=torch.float32))

    def forward(self, losses: Tensor, gramian: Tensor | None, active: Tensor) -> tuple[Tensor, Tensor]:
        return weighted_total(losses, self.weights, active)
