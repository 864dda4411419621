"""Stops a training whose loss is no longer a number, in front of the optimizer's step."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from mmfusion.training.distributed import gather_over_ranks

NAMED = 10  # row ids that a message names


class NonFiniteLossError(RuntimeError):
    """A task's weighted loss turned infinite or NaN; the message names the task and the rows."""


class FiniteGuard:
    """Remembers on the device which task's loss was not finite; `check` raises.

    Its owner calls `watch` after each forward pass and `check` in front of each step of the optimizer. On a GPU the
    answer is sent on its way in front of the backward pass, so `check` waits for the forward pass alone, while the
    device goes on working. The losses are means over all ranks, so that all ranks raise together.
    """

    def __init__(self, tasks: Sequence[str]) -> None:
        self.tasks = list(tasks)  # in the order of the losses
        self._broken: Tensor | None = None
        self._seen: list[tuple[list[str], list[Tensor]]] = []
        self._sent: Tensor | None = None
        self._arrived: torch.cuda.Event | None = None

    def watch(self, losses: Tensor, weights: Tensor, rows: list[Tensor], ids: list[str]) -> None:
        """Take note of one batch: losses `[T]`, weights `[T]`, for each task its rows' losses `[B]`, the rows' ids."""
        broken_T = ~(losses.detach() * weights).isfinite()
        self._broken = broken_T if self._broken is None else self._broken | broken_T
        self._seen.append((ids, rows))
        if broken_T.is_cuda:
            self._send(self._broken)

    def check(self, step: int) -> None:
        """Raise NonFiniteLossError, in front of optimizer step `step`, if any loss since the last was not finite."""
        if self._broken is None:
            return
        if self._arrived is None:
            broken = self._broken.tolist()
        else:
            assert self._sent is not None
            self._arrived.synchronize()
            broken = self._sent.tolist()
        seen, self._seen, self._broken, self._arrived = self._seen, [], None, None
        if any(broken):
            at = [i for i, is_broken in enumerate(broken) if is_broken]
            raise NonFiniteLossError(
                f"the loss of {', '.join(repr(self.tasks[i]) for i in at)} is not finite at step {step}, "
                f"{_rows(seen, at)}; training stops before that step. Try a lower optimizer.lr, "
                "trainer.gradient_clip_val=1, or trainer.precision=fp32; debug=anomaly finds the operation"
            )

    def _send(self, broken_T: Tensor) -> None:
        if self._sent is None:
            self._sent = torch.empty(len(self.tasks), dtype=torch.bool, pin_memory=True)
        self._sent.copy_(broken_T, non_blocking=True)
        self._arrived = torch.cuda.Event()
        self._arrived.record()


def _rows(seen: list[tuple[list[str], list[Tensor]]], tasks: list[int]) -> str:
    """Which rows it is, of all ranks; called once a run, so it may wait and gather."""
    broken = [
        name
        for ids, rows in seen
        for name, sound in zip(ids, torch.stack([rows[i] for i in tasks]).isfinite().all(0).tolist(), strict=True)
        if not sound
    ]
    broken, every = gather_over_ranks(broken), gather_over_ranks([name for ids, _ in seen for name in ids])
    if not broken:
        return f"though that of each row is; the rows are {_named(every)}"
    return f"for {len(broken)} of {len(every)} rows: {_named(broken)}"


def _named(ids: Sequence[str]) -> str:
    return ", ".join(ids[:NAMED]) + (f" and {len(ids) - NAMED} more" if len(ids) > NAMED else "")
