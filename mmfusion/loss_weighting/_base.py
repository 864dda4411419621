"""The contract of a loss weighting."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

from torch import Tensor, nn


class LossWeighting(nn.Module, ABC):
    """`L = Σ wᵢ Lᵢ`: how T task losses become one.

    All state is in buffers and parameters, so a checkpoint carries it bit for bit, and moves in training mode only.
    Weights sum to T where the paper leaves the scale free. `needs_gramian` asks for `G = J Jᵀ`, row i of J being task
    i's gradient.

    Args of every weighting: `tasks`, their names in the order of `losses`, and `regressions`, the names of those
    whose loss is a regression's. One with an argument `classes` gets the number of classes of each other task.
    """

    needs_gramian: ClassVar[bool] = False

    @abstractmethod
    def forward(self, losses: Tensor, gramian: Tensor | None, active: Tensor) -> tuple[Tensor, Tensor]:
        """The total to differentiate (scalar) and the weights used, `[T]`, detached.

        Args:
            losses: `[T]`, attached to the graph; their values are means over all ranks' labelled rows.
            gramian: float32 `[T, T]`, detached, summed over all ranks; None unless `needs_gramian`.
            active: Bool `[T]`, False for a task without a label in this batch: loss, weight and change of state are 0.
        """

    def end_step(self) -> None:
        """Update the state after the last `forward` of an optimizer step; accumulation makes several."""
        return

    def on_epoch_start(self) -> None:
        """Update the state before the first batch of every epoch, the first included."""
        return
