"""Mean and deviation per feature, learned on the training split."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import Tensor

from mmfusion.deviation import one_where_constant


def moments(chunks: Iterable[Tensor]) -> tuple[Tensor, Tensor]:
    """Mean and population deviation over the first axis, float64 `[D]`; the deviation of equal values becomes 1.

    Merges chunk by chunk with mean_ab = mean_a + δ·n_b/n and M2_ab = M2_a + M2_b + δ²·n_a·n_b/n, δ = mean_b − mean_a
    (Chan, Golub and LeVeque 1979), which does not cancel as a plain sum of squares does.

    Args:
        chunks: each `[n, D]`, at least one row in all.
    """
    count = 0
    mean = m2 = largest = torch.zeros(())
    resolution = 0.0
    for chunk in chunks:
        if len(chunk) == 0:
            continue
        x = chunk.double()
        # Of float32, which is how they are used, 1e-7 cannot be told from 0; of float64 much less can.
        resolution = 1e-12 if chunk.dtype == torch.float64 else 1e-7
        largest = torch.maximum(largest, x.abs().amax(0))
        n, total = len(x), count + len(x)
        mean_b = x.mean(0)
        m2_b = (x - mean_b).square().sum(0)
        delta = mean_b - mean if count else torch.zeros_like(mean_b)
        m2 = m2 + m2_b + delta.square() * (count * n / total)
        mean = mean + delta * (n / total) if count else mean_b
        count = total
    assert count > 0, "moments of no rows"
    return mean, one_where_constant((m2 / count).sqrt(), largest, resolution)


class Scale:
    """`(x − mean) / deviation` over the last axis; the identity until fitted.

    Args:
        enabled: False never fits and never changes anything.
    """

    def __init__(self, enabled: bool = True) -> None:
        self.enabled = enabled
        self.mean: list[float] | None = None
        self.deviation: list[float] | None = None

    def fit(self, chunks: Iterable[Tensor]) -> None:
        """Learn both from chunks `[n, D]`."""
        if self.enabled:
            mean, deviation = moments(chunks)
            self.mean, self.deviation = mean.tolist(), deviation.tolist()

    def __call__(self, x: Tensor) -> Tensor:
        """`x` as float32, scaled."""
        x = x.float()
        if self.mean is None or self.deviation is None:
            return x
        return (x - torch.tensor(self.mean)) / torch.tensor(self.deviation)

    def state(self) -> dict[str, Any]:
        """Mean and deviation, or nulls."""
        return {"mean": self.mean, "deviation": self.deviation}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Undo of `state`."""
        self.mean, self.deviation = state["mean"], state["deviation"]
