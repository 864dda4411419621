"""Mean and deviation per feature, learned on the training split, and the number that is subtracted in float64."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mmfusion.standardization import DOUBLE, nonzero_deviation

STEPS = 1000
"""Steps of a sequence that are looked at for an offset."""

EXACT = 1e-6
"""Rounding of a feature, in standard deviations, that is none."""

ROUNDED = 0.01
"""Rounding of a feature, in standard deviations, that is refused."""


def moments(chunks: Iterable[Tensor], offset: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Mean and population deviation over the first axis, float64 `[D]`; the deviation of equal values becomes 1.

    Merges chunk by chunk with mean_ab = mean_a + δ·n_b/n and M2_ab = M2_a + M2_b + δ²·n_a·n_b/n, δ = mean_b − mean_a
    (Chan, Golub and LeVeque 1979), which does not cancel as a plain sum of squares does.

    Args:
        chunks: each `[n, D]`, at least one row in all.
        offset: `[D]`, what was subtracted from them in float64: what rounding left of it is no deviation.
    """
    count = 0
    mean = m2 = largest = torch.zeros(())
    resolution = 0.0
    for chunk in chunks:
        if len(chunk) == 0:
            continue
        x = chunk.double()
        # Of float32, which is how they are used, 1e-7 cannot be told from 0; of float64 much less can.
        resolution = DOUBLE if chunk.dtype == torch.float64 else 1e-7
        largest = torch.maximum(largest, x.abs().amax(0))
        n, total = len(x), count + len(x)
        mean_b = x.mean(0)
        m2_b = (x - mean_b).square().sum(0)
        delta = mean_b - mean if count else torch.zeros_like(mean_b)
        m2 = m2 + m2_b + delta.square() * (count * n / total)
        mean = mean + delta * (n / total) if count else mean_b
        count = total
    assert count > 0, "moments of no rows"
    deviation = nonzero_deviation((m2 / count).sqrt(), largest, resolution)
    return mean, deviation if offset is None else nonzero_deviation(deviation, offset.abs(), DOUBLE)


class Scale:
    """`(x − offset − mean) / deviation` over the last axis; the identity until fitted.

    Seconds since 1970 or metres from the equator are large beside what they differ by, which float32 would round away:
    `offset`, a typical value of such features, is subtracted in float64, and only the rest is kept as float32. Unless
    `enabled` nothing is ever fitted or changed.
    """

    def __init__(self, enabled: bool = True) -> None:
        self.enabled = enabled
        self.offset: list[float] | None = None
        self.mean: list[float] | None = None
        self.deviation: list[float] | None = None

    def choose_offset(self, rows: Iterable[np.ndarray], names: Sequence[str] = ()) -> None:
        """Take the median of some training rows, each `[D]` or `[n, D]`, for the features that float32 would round.

        If that is not enabled, and a feature differs by so little, it is a ValueError.
        """
        self.offset = None
        parts = [np.atleast_2d(row)[:: -(-len(row) // STEPS) if row.ndim > 1 else 1].astype(np.float64) for row in rows]
        if not parts:
            return
        values_ND = np.concatenate(parts)
        lost_D, deviation_D = np.abs(values_ND.astype(np.float32) - values_ND).max(0), values_ND.std(0)
        if self.enabled:
            needed_D = lost_D > EXACT * deviation_D
            self.offset = np.where(needed_D, np.median(values_ND, axis=0), 0.0).tolist() if needed_D.any() else None
            return
        for i in np.flatnonzero((lost_D > ROUNDED * deviation_D) & (deviation_D > 0)).tolist():
            name = names[i] if i < len(names) else f"feature {i}"
            raise ValueError(
                f"standardize: false: float32 rounds {name} by up to {lost_D[i]:.3g}, and its values differ by "
                f"{deviation_D[i]:.3g}; set standardize: true, or subtract a constant in the table"
            )

    def fit(self, chunks: Iterable[Tensor]) -> None:
        """Learn mean and deviation from chunks `[n, D]` from which the offset has been subtracted."""
        if self.enabled:
            mean, deviation = moments(chunks, None if self.offset is None else torch.tensor(self.offset).double())
            self.mean, self.deviation = mean.tolist(), deviation.tolist()

    def __call__(self, x: Tensor) -> Tensor:
        """`x`, from which the offset has been subtracted, as float32, scaled."""
        x = x.float()
        if self.mean is None or self.deviation is None:
            return x
        return (x - torch.tensor(self.mean)) / torch.tensor(self.deviation)

    def state(self) -> dict[str, Any]:
        """Offset, mean and deviation, or nulls."""
        return {"offset": self.offset, "mean": self.mean, "deviation": self.deviation}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Undo of `state`."""
        self.offset = state.get("offset")  # which earlier versions did not have
        self.mean, self.deviation = state["mean"], state["deviation"]
