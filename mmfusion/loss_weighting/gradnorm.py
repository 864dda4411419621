"""GradNorm: weights under which every task's gradient has the norm that its rate of learning calls for."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Annotated, ClassVar, Literal

import torch
from annotated_types import Ge, Gt
from torch import Tensor

from mmfusion.loss_weighting._base import LossWeighting
from mmfusion.loss_weighting._combine import Float32State, weighted_total

BETAS = (0.9, 0.999)  # Adam's, for the weights' own optimizer
FLOOR = -30.0  # of log w: a weight that only ever falls must not round to 0


def gradnorm_targets(weighted: Tensor, ratios: Tensor, alpha: float, active: Tensor) -> Tensor:
    """`mean(G) · rᵢ^α`, `rᵢ = (Lᵢ/Lᵢ(0)) / mean_j(L_j/L_j(0))`, means over the active tasks, all `[T]`.

    `weighted` are the `Gᵢ = wᵢ gᵢ`, the norms of the weighted losses' gradients, and `ratios` the `Lᵢ/Lᵢ(0)`, above 0.
    """
    count = active.sum().clamp(min=1)
    mean_norm = torch.where(active, weighted, 0.0).sum() / count
    mean_ratio = torch.where(active, ratios, 0.0).sum() / count
    return mean_norm * (ratios / mean_ratio) ** alpha


def gradnorm_gradient(weights: Tensor, norms: Tensor, targets: Tensor) -> Tensor:
    """`wᵢ ∂L_grad/∂wᵢ = wᵢ gᵢ sign(wᵢ gᵢ - targetᵢ)`: the gradient of `Σ|Gᵢ - targetᵢ|` at `log wᵢ`, `[T]`."""
    weighted = weights * norms
    return weighted * torch.sign(weighted - targets)


class GradNorm(Float32State, LossWeighting):
    """Moves w so that `Gᵢ = wᵢ gᵢ` comes near `mean(G) rᵢ^α`; `gᵢ` is the norm of task i's gradient. Sum w = T.

    `L_grad = Σ |Gᵢ - mean(G) rᵢ^α|` with the target held constant has the gradient `gᵢ sign(Gᵢ - targetᵢ)` at `wᵢ`, so
    norms are all it needs: no second-order pass. Weights of step t are used at step t, then moved.

    Paper: Chen et al., arXiv 1711.02257. Deviation: Adam (no weight decay) moves `log w` rather than w, so a weight
    never turns negative and one learning rate fits tasks whose scales lie orders of magnitude apart. A step without a
    label for a task leaves its weight, its `L(0)` and its moments alone, with weight 0 in that step; the others keep
    theirs, and are moved so that the sum stays T.

    Batches whose gradients are accumulated are one step: all use the same w, and w moves once after the last, by the
    mean of their losses and `gᵢ = √Σ_b gᵢ_b²`. At the representation, where each batch has rows of its own, that is
    the norm for all of them together, but for a factor that all tasks share; at parameters it leaves out the products
    between batches.

    Args:
        alpha: strength of the pull towards tasks that learn slowly.
        lr: learning rate of `log w`: about the relative change of a weight in one step.
        initial: L(0): `first`, the first step with a label; `mean_k`, the running mean over the first `k` such
            steps; `log_c`, the loss of a blind guess among C classes (a regression, for which there is no such number,
            takes its first step).
        k: for `mean_k`.
        classes: for `log_c`: C by task, of those that are no regression; the builder knows it from the tasks.

    Raises:
        ValueError: `log_c` without a classification's C.
    """

    needs_gramian: ClassVar[bool] = True
    log_weights: Tensor
    moments: Tensor  # Adam's first and second
    steps: Tensor  # Adam's, per task
    initial: Tensor
    averaged_steps: Tensor  # steps that `initial` is the mean of
    seen: Tensor  # over the batches of this step so far: losses, squared norms, batches with a label

    def __init__(
        self,
        tasks: Sequence[str],
        regressions: Sequence[str] = (),
        alpha: Annotated[float, Ge(0)] = 1.5,
        lr: Annotated[float, Gt(0)] = 0.025,
        initial: Literal["first", "mean_k", "log_c"] = "first",
        k: Annotated[int, Ge(1)] = 20,
        classes: Mapping[str, int] | None = None,
    ) -> None:
        super().__init__()
        self.alpha, self.lr = float(alpha), float(lr)
        self.averaged = k if initial == "mean_k" else 1
        count = len(tasks)
        shapes = {"moments": (2, count), "seen": (3, count)}
        for name in ("log_weights", "moments", "steps", "initial", "averaged_steps", "seen"):
            self.register_buffer(name, torch.zeros(shapes.get(name, (count,))))
        if initial == "log_c":
            self._start_from_chance(tasks, regressions, classes or {})

    def forward(self, losses: Tensor, gramian: Tensor | None, active: Tensor) -> tuple[Tensor, Tensor]:
        total, weights = weighted_total(losses, torch.exp(self.log_weights), active)
        if self.training:
            assert gramian is not None, "the module hands a Gramian to a weighting that needs one"
            seen = torch.stack([losses.detach().float(), gramian.diagonal().clamp(min=0), torch.ones_like(weights)])
            self.seen += torch.where(active, seen, 0.0)
        return total, weights

    def end_step(self) -> None:
        losses, squares, batches = self.seen
        self._move(losses / batches.clamp(min=1), squares.sqrt(), batches > 0)
        self.seen.zero_()

    def _move(self, losses: Tensor, norms: Tensor, active: Tensor) -> None:
        active = active & (losses * norms).isfinite()  # float16 may overflow where training goes on
        fresh = active & (self.averaged_steps < self.averaged)
        self.averaged_steps += fresh
        change = (losses - self.initial) / self.averaged_steps.clamp(min=1)
        self.initial += torch.where(fresh, change, 0.0)

        tiny = torch.finfo(losses.dtype).tiny
        ratios = torch.where(active, losses / self.initial.clamp(min=tiny), 1.0).clamp(1e-12, 1e12)
        weights = torch.exp(self.log_weights)
        targets = gradnorm_targets(weights * norms, ratios, self.alpha, active)
        gradient = gradnorm_gradient(weights, norms, targets)

        self.steps += active
        corrections = [1 - beta ** self.steps.clamp(min=1) for beta in BETAS]
        moments = [b * m + (1 - b) * g for b, m, g in zip(BETAS, self.moments, (gradient, gradient**2), strict=True)]
        self.moments.copy_(torch.where(active, torch.stack(moments), self.moments))
        first, second = (m / c for m, c in zip(self.moments, corrections, strict=True))
        # The bound is beyond what Adam can reach, (1 - β₁)/√(1 - β₂) = 3.2, but for squares that have rounded to 0.
        step = self.lr * (first / second.sqrt().clamp(min=tiny)).clamp(-4.0, 4.0)
        moved = self.log_weights - step

        # The active tasks share among themselves what they had before, so the sum stays T and the others stand still.
        # Where all are active that is T itself, or rounding would add up over many steps.
        before = torch.where(active.all(), len(weights), torch.where(active, weights, 0.0).sum()).log()
        after = torch.where(active, moved.exp(), 0.0).sum().log()
        rescaled = (moved + before - after).clamp(min=FLOOR)
        self.log_weights.copy_(torch.where(active, rescaled, self.log_weights))

    def _start_from_chance(self, tasks: Sequence[str], regressions: Sequence[str], classes: Mapping[str, int]) -> None:
        assert all(number > 1 for number in classes.values()), "a task of one class has nothing to guess"
        missing = [name for name in tasks if name not in classes and name not in regressions]
        if missing:
            raise ValueError(
                f"loss_weighting.initial: log_c needs the number of classes of {', '.join(missing)}, found "
                f"{dict(classes)}; use first or mean_k"
            )
        for i in [i for i, name in enumerate(tasks) if name in classes]:
            self.initial[i] = math.log(classes[tasks[i]])
            self.averaged_steps[i] = 1
