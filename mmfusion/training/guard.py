"""Stops a training whose loss is no longer a number."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor


class NonFiniteLossError(RuntimeError):
    """A task's weighted loss turned infinite or NaN; the message names the task."""


class FiniteGuard:
    """Remembers on the device which task's loss was not finite, and says so when asked.

    On a CPU `watch` itself raises, before the optimizer's step. On a GPU asking means waiting for it, so the owner
    calls `check` every so many steps, and before anything is validated or saved: no checkpoint is written after such a
    loss. The losses are means over all ranks, so that all ranks raise together.

    Args:
        tasks: the tasks' names, in the order of the losses.
    """

    def __init__(self, tasks: Sequence[str]) -> None:
        self.tasks = list(tasks)
        self._broken: Tensor | None = None

    def watch(self, losses: Tensor, weights: Tensor, step: int) -> None:
        """Take note of one step's losses `[T]` and weights `[T]`."""
        broken = ~(losses.detach() * weights).isfinite()
        self._broken = broken if self._broken is None else self._broken | broken
        if broken.device.type == "cpu":
            self.check(step)

    def check(self, step: int) -> None:
        """Raise NonFiniteLossError if any loss since the last check was not finite."""
        if self._broken is None:
            return
        found, self._broken = self._broken.tolist(), None
        names = [name for name, broken in zip(self.tasks, found, strict=True) if broken]
        if names:
            raise NonFiniteLossError(
                f"the loss of {', '.join(map(repr, names))} is not finite at step {step} or shortly before; training "
                "stops. Try a lower optimizer.lr, trainer.gradient_clip_val=1, or trainer.precision=32-true; "
                "debug=anomaly finds the operation"
            )
