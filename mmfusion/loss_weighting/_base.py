"""The contract of a loss weighting."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

from torch import Tensor, nn


class LossWeighting(nn.Module, ABC):
    """`L = Σ wᵢ Lᵢ`: how T task losses become one.

    Whatever a weighting remembers is a registered buffer or parameter, so a checkpoint carries it bit for bit.
    State moves in training mode only. Weights sum to T where the paper leaves the scale free.

    Args of every weighting: `tasks`, their names in the order of `losses`, and `regressions`, the names of those
    whose loss is a regression's. One that asks for `classes` is given the number of classes of each other task.

    Attributes:
        needs_gramian: asks for `G = J Jᵀ`, row i of J being task i's gradient.
    """

    needs_gramian: ClassVar[bool] = False

    @abstractmethod
    def forward(self, losses: Tensor, gramian: Tensor | None, active: Tensor) -> tuple[Tensor, Tensor]:
        """The total to differentiate (scalar) and the weights used, `[T]`, detached.

        Args:
            losses: `[T]`, attached to the graph; their values are means over all ranks' labelled rows.
            gramian: float32 `[T, T]`, detached, summed over all ranks; None unless `needs_gramian`.
            active: Bool `[T]`, False for a task without any label in this batch; its loss is a connected zero, its
                weight this step is 0 and no state of its own moves.
        """

    def end_step(self) -> None:
        """Called after the last `forward` of each optimizer step, of which accumulation makes several."""
        return

    def end_epoch(self) -> None:
        """Called before the first batch of each epoch, the first epoch included."""
        return
