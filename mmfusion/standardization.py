"""The standard deviation that inputs and targets are divided by."""

from __future__ import annotations

import torch
from torch import Tensor

DOUBLE = 8 * torch.finfo(torch.float64).eps
"""For values in float64: up to this relative difference two of them count as equal."""


def nonzero_deviation(deviation: Tensor, largest: Tensor, resolution: float = 1e-7) -> Tensor:
    """`deviation`, and 1 where it is no more than rounding leaves of values that are all equal.

    The mean of many equal values is not exactly that value: of 0.1 in float64 a deviation of 1e-17 remains, and to
    divide by it would blow up every other value that comes later.

    Args:
        deviation: `[...]`, of the values.
        largest: `[...]`, the largest `|value|`.
        resolution: up to this relative difference two values count as equal: 1e-7 for float32, `DOUBLE` for float64.
    """
    return torch.where(deviation > resolution * largest, deviation, torch.ones_like(deviation))
