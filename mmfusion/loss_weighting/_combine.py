"""What the weightings share: the weighted total, and state that keeps float32."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn


def weighted_total(losses: Tensor, weights: Tensor, active: Tensor) -> tuple[Tensor, Tensor]:
    """`L = Σ wᵢ Lᵢ` and the weights used, `[T]`, detached, 0 for a task that is not active.

    The other weights keep their size: a task's pull does not jump because another one lacks labels in this batch.
    """
    used = torch.where(active, weights.detach(), 0.0)
    return (used * losses).sum(), used


class Float32State(nn.Module):
    """Buffers and parameters that stay float32 when the module is cast (`precision=bf16-true`); devices still change.

    A weight of 0.02 that moves by 1 % a step would stand still in bfloat16.
    """

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Float32State:
        def move(x: Tensor) -> Tensor:
            moved = fn(x)
            return moved if moved.dtype == x.dtype else x.to(moved.device)

        return super()._apply(move, recurse)
