"""Learning-rate schedules as factories: `factory(optimizer, total_steps)` gives what `configure_optimizers` returns.

A schedule multiplies each group's own learning rate, so an encoder's `lr_scale` holds throughout. `t` counts optimizer
steps from 0 and `N` is how many there will be (`trainer.estimated_stepping_batches`).
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from typing import Annotated, Any, Literal

from annotated_types import Ge
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR, ReduceLROnPlateau

Schedule = Callable[[Optimizer, float], dict[str, Any]]
NEVER = sys.maxsize


def constant(warmup: Annotated[float, Ge(0)] = 0) -> Schedule:
    """`lr·min(1, (t + 1)/W)`.

    Args:
        warmup: W, steps of linear warm-up; a number below 1 is a share of all steps.
    """
    return _stepwise("constant", warmup, 0.0, lambda progress: 1.0, endless=True)


def cosine(warmup: Annotated[float, Ge(0)] = 0.05, min_lr: float = 0.0) -> Schedule:
    """Warm-up, then half a cosine down to `min_lr` (Loshchilov and Hutter, arXiv 1608.03983, without restarts).

    `lr·(t + 1)/W` for `t < W`, then `min_lr + (lr − min_lr)·½(1 + cos(π·(t − W)/(N − W)))`.

    Args:
        warmup: W, steps of linear warm-up; a number below 1 is a share of all steps.
        min_lr: where it ends, for groups whose `lr_scale` is 1.
    """
    return _stepwise("cosine", warmup, min_lr, lambda progress: 0.5 * (1.0 + math.cos(math.pi * progress)))


def linear(warmup: Annotated[float, Ge(0)] = 0.05, min_lr: float = 0.0) -> Schedule:
    """Warm-up, then a straight line: `min_lr + (lr − min_lr)·(1 − (t − W)/(N − W))`.

    Args:
        warmup: W, steps of linear warm-up; a number below 1 is a share of all steps.
        min_lr: where it ends, for groups whose `lr_scale` is 1.
    """
    return _stepwise("linear", warmup, min_lr, lambda progress: 1.0 - progress)


def one_cycle(
    warmup: Annotated[float, Ge(0)] = 0.3,
    start_factor: float = 0.04,
    final_factor: float = 4e-6,
    anneal: Literal["cosine", "linear"] = "cosine",
) -> Schedule:
    """Up to the optimizer's lr and down to nearly nothing (Smith and Topin, arXiv 1708.07120), momentum left alone.

    `t = 0` starts at `start_factor·lr`, `t = W − 1` is the peak, `t = N − 1` ends at `final_factor·lr`; both slopes
    have the shape `anneal`. The numbers are those of torch's `OneCycleLR`, which fails on very short trainings.

    Args:
        warmup: W, steps that rise; a number below 1 is a share of all steps.
        start_factor: the first step's lr over the peak's.
        final_factor: the last step's lr over the peak's.
        anneal: shape of both slopes.
    """

    def build(optimizer: Optimizer, total_steps: float) -> dict[str, Any]:
        steps = _finite(total_steps, "one_cycle")
        top = max(_warmup_steps(warmup, steps, "one_cycle"), 1) - 1

        def multiplier(t: int) -> float:
            if t < top:
                return _between(start_factor, 1.0, t / top, anneal)
            return _between(1.0, final_factor, min(1.0, (t - top) / max(1, steps - 1 - top)), anneal)

        return {"scheduler": LambdaLR(optimizer, multiplier), "interval": "step", "frequency": 1}

    return build


def plateau(
    monitor: str = "val/loss",
    mode: Literal["min", "max"] = "min",
    factor: float = 0.1,
    patience: int = 5,
    threshold: float = 1e-4,
    min_lr: float = 0.0,
    cooldown: int = 0,
) -> Schedule:
    """Multiply by `factor` when a metric has not got better for `patience` validations.

    `callbacks/plateau.py` steps it after every validation, of which an epoch may have several
    (`trainer.val_check_interval`).

    Args:
        monitor: any logged validation metric; `val/monitor` is what checkpoints are chosen by.
        mode: min if lower is better.
        factor: what the learning rate is multiplied by.
        patience: validations without improvement that are let pass.
        threshold: relative improvement that counts.
        min_lr: never below this; of a group with another `lr_scale`, below this times its scale.
        cooldown: validations after a reduction that are not counted.
    """

    def build(optimizer: Optimizer, total_steps: float) -> dict[str, Any]:
        schedule = ReduceLROnPlateau(
            optimizer,
            mode=mode,
            factor=factor,
            patience=patience,
            threshold=threshold,
            min_lr=[min_lr * group["lr"] / optimizer.defaults["lr"] for group in optimizer.param_groups],
            cooldown=cooldown,
        )
        # Lightning would step it once an epoch, whether or not there was a validation.
        return {"scheduler": schedule, "interval": "epoch", "frequency": NEVER, "monitor": monitor}

    return build


def _stepwise(
    name: str, warmup: float, min_lr: float, shape: Callable[[float], float], endless: bool = False
) -> Schedule:
    def build(optimizer: Optimizer, total_steps: float) -> dict[str, Any]:
        steps = 0 if endless and (math.isinf(total_steps) or warmup >= 1) else _finite(total_steps, name)
        rising = _warmup_steps(warmup, steps, name)
        peak = optimizer.defaults["lr"]
        if not 0 <= min_lr <= peak:
            raise ValueError(f"scheduler.min_lr must lie between 0 and optimizer.lr = {peak}, found {min_lr}")
        floor = min_lr / peak

        def multiplier(t: int) -> float:
            if t < rising:
                return (t + 1) / rising
            progress = min(1.0, (t - rising) / max(1, steps - rising))
            return floor + (1.0 - floor) * shape(progress)

        return {"scheduler": LambdaLR(optimizer, multiplier), "interval": "step", "frequency": 1}

    return build


def _between(start: float, end: float, progress: float, anneal: str) -> float:
    """`start` at progress 0, `end` at 1."""
    return start + (end - start) * (0.5 * (1.0 - math.cos(math.pi * progress)) if anneal == "cosine" else progress)


def _warmup_steps(warmup: float, steps: int, name: str) -> int:
    rising = round(warmup * steps) if warmup < 1 else round(warmup)
    if steps and rising > steps:
        raise ValueError(f"scheduler.warmup of {rising} steps is longer than the {steps} steps of training ({name})")
    return rising


def _finite(total_steps: float, name: str) -> int:
    if math.isinf(total_steps) or total_steps < 1:
        raise ValueError(
            f"scheduler {name} needs to know how long training lasts: set trainer.max_epochs or trainer.max_steps "
            f"(found {total_steps} steps)"
        )
    return int(total_steps)
