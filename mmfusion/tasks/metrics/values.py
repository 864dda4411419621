"""R² and Pearson's correlation from running moments in float64; MAE and RMSE are torchmetrics' own.

torchmetrics' `R2Score` subtracts large sums, which costs the digits of targets far from 0, and fails for one row; its
`PearsonCorrCoef` fails on an update of no row, and gives a number for predictions that are equal but for rounding.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torchmetrics import Metric

from mmfusion.batch import as_double

# Spread of predictions, in units of the targets' spread, below which float32 outputs are the same number.
SAME = 8 * torch.finfo(torch.float32).eps


class _Moments(Metric):
    """Running moments of predictions p and targets t, merged batch by batch and rank by rank (Chan et al., 1983).

    Sums of squares about the mean are added up, never differences of large sums, so a mean far above the standard
    deviation costs no digits. `[7]`: n, mean p, mean t, Σ(p − mean p)², Σ(t − mean t)², Σ(p − mean p)(t − mean t),
    Σ(p − t)².
    """

    full_state_update = False
    moments: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.add_state("moments", torch.zeros(7, dtype=torch.float64), dist_reduce_fx=None)

    def update(self, preds: Tensor, target: Tensor) -> None:
        if len(target) == 0:
            return
        p, t = as_double(preds), as_double(target)
        dp, dt = p - p.mean(), t - t.mean()
        sums = [(dp * dp).sum(), (dt * dt).sum(), (dp * dt).sum(), ((p - t) ** 2).sum()]
        batch = torch.stack([torch.full_like(sums[0], len(t)), p.mean(), t.mean(), *sums])
        self.moments = _merge(self.moments, batch)

    def _total(self) -> Tensor:
        total, *others = self.moments.reshape(-1, 7)  # [ranks, 7] after a gather
        for other in others:
            total = _merge(total, other)
        return total


def _merge(a: Tensor, b: Tensor) -> Tensor:
    n = a[0] + b[0]
    share = b[0] / n.clamp(min=1)
    step_p, step_t = b[1] - a[1], b[2] - a[2]
    between = a[0] * share * torch.stack([step_p * step_p, step_t * step_t, step_p * step_t])
    means = torch.stack([a[1] + share * step_p, a[2] + share * step_t])
    return torch.cat([n[None], means, a[3:6] + b[3:6] + between, (a[6] + b[6])[None]])


def _varies(n: Tensor, mean: Tensor, squares: Tensor) -> Tensor:
    """Whether the spread is more than what rounding makes of equal numbers."""
    return squares > n * (8 * torch.finfo(squares.dtype).eps * mean) ** 2


class R2(_Moments):
    """`1 − Σ(p − t)² / Σ(t − mean t)²`; NaN for fewer than two rows or equal targets."""

    def compute(self) -> Tensor:
        n, _, mean_t, _, squares_t, _, errors = self._total()
        return torch.where((n > 1) & _varies(n, mean_t, squares_t), 1 - errors / squares_t, torch.nan)


class Pearson(_Moments):
    """`cov(p, t) / (σ_p σ_t)`; NaN for fewer than two rows, equal targets or equal predictions."""

    def compute(self) -> Tensor:
        n, mean_p, mean_t, squares_p, squares_t, products, _ = self._total()
        defined = (n > 1) & _varies(n, mean_p, squares_p) & _varies(n, mean_t, squares_t)
        defined &= squares_p > SAME**2 * squares_t
        correlation = (products / squares_p.sqrt() / squares_t.sqrt()).clamp(-1, 1)
        return torch.where(defined, correlation, torch.nan)
