"""What is divided by where all values are equal: for whoever standardises, inputs and targets alike."""

from __future__ import annotations

import torch
from torch import Tensor

DOUBLE = 8 * torch.finfo(torch.float64).eps
"""Of float64: how close together, relative to their size, two values are the same."""


def one_where_constant(deviation: Tensor, largest: Tensor, resolution: float = 1e-7) -> Tensor:
    """`deviation`, and 1 where it is no more than rounding leaves of values that are all equal.

    The mean of many equal values is not exactly that value: of 0.1 in float64 a deviation of 1e-17 remains, and to
    divide by it would blow up every other value that comes later.

    Args:
        deviation: `[...]`, of the values.
        largest: `[...]`, the largest `|value|`.
        resolution: how close together, relative to their size, two values are the same: 1e-7 for float32, `DOUBLE` for
            float64.
    """
    return torch.where(deviation > resolution * largest, deviation, torch.ones_like(deviation))
