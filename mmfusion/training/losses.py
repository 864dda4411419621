"""From outputs and labels to one loss a task, averaged over the labelled rows of all ranks, and a step's numbers.

T tasks, M modalities, B rows on this rank.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from mmfusion.batch import Batch, blank_rows
from mmfusion.tasks._base import Task
from mmfusion.training.distributed import sum_over_ranks, world_size


@dataclass
class Losses:
    """One batch's losses and what they were counted over.

    The value of `means` is the mean over all ranks' labelled rows; their gradient is this rank's share of that mean
    times the number of ranks, so that averaging gradients over ranks gives its gradient.
    """

    rows: list[Tensor]  # T tensors `[B]`, detached, each task's loss of each row of this rank; 0 without a label
    sums: list[Tensor]  # T scalars, each task's loss summed over this rank's labelled rows, attached
    means: Tensor  # `[T]`, attached
    active: Tensor  # Bool `[T]`, whether any rank has a label
    counts: Tensor  # over all ranks, `[T + T + M + 1]`: sums of losses, labelled rows, present rows, rows; detached

    @property
    def labels(self) -> Tensor:
        """Labelled rows of all ranks, `[T]`."""
        return split_counts(self.counts, len(self.sums))[1]


def split_counts(counts: Tensor, tasks: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """`Losses.counts`, or a sum of such over batches, as its four parts: `[T]`, `[T]`, `[M]`, scalar."""
    return counts[:tasks], counts[tasks : 2 * tasks], counts[2 * tasks : -1], counts[-1]


@dataclass
class StepRecord:
    """The last step's numbers, detached, on the device; reading one waits for the device.

    T tasks in the order of `module.tasks`, M modalities in the order of `module.modalities`; counts are over all ranks.
    """

    losses: Tensor  # `[T]`, means over labelled rows
    weights: Tensor  # `[T]`, what multiplied them; 0 for a task that is not active
    active: Tensor  # Bool `[T]`, whether any rank had a label
    labels: Tensor  # `[T]`, labelled rows
    present: Tensor  # `[M]`, rows that have the modality
    gradient_norms: Tensor | None = None  # `[T]` at `gradients_of`, of the losses without weights; if they were taken
    cosines: Tensor | None = None  # `[T, T]` between these gradients


def task_losses(
    tasks: Mapping[str, Task], outputs: Mapping[str, Tensor], batch: Batch, modalities: list[str]
) -> Losses:
    """All tasks' losses with one sum over ranks and no wait for the device.

    A task without a label yields a zero that is still connected to its output, so that every parameter has a gradient
    on every rank: zero rather than none, so an optimizer's momentum and weight decay still move that task's head.
    `modalities` are those to count.
    """
    rows_TB = [
        row_losses(task, outputs[name], batch.targets[name], batch.labelled[name]) for name, task in tasks.items()
    ]
    sums = [rows_B.sum() for rows_B in rows_TB]
    local_T = torch.stack(sums)
    rows = torch.full((1,), len(batch), dtype=local_T.dtype, device=local_T.device)
    masks = [batch.labelled[name] for name in tasks] + [batch.present[name] for name in modalities]
    present_C = torch.stack(masks).sum(dim=1).to(local_T.dtype)
    counts = sum_over_ranks(torch.cat([local_T.detach(), present_C, rows]))
    labels_T = counts[len(sums) : 2 * len(sums)]
    world = world_size()
    means_T = local_T / labels_T.clamp(min=1)
    if world > 1:
        shared_T = means_T * world
        # This order and no other: the difference is exactly 0, so the value is the same bits on every rank.
        means_T = counts[: len(sums)] / labels_T.clamp(min=1) + (shared_T - shared_T.detach())
    return Losses([rows_B.detach() for rows_B in rows_TB], sums, means_T, labels_T > 0, counts)


def row_losses(task: Task, output: Tensor, target: Tensor, labelled: Tensor) -> Tensor:
    """A task's loss of each row, `[B]` in float32 or float64, 0 where there is no label.

    Rows without a label hold zeros on the way into the loss and are left out after it, so that neither what they were
    filled with nor the model's output for them can turn a sum or a gradient into NaN.
    """
    rows_B = task.loss(blank_rows(output, labelled), blank_rows(target, labelled))
    if rows_B.dtype != torch.float64:
        rows_B = rows_B.float()
    return blank_rows(rows_B, labelled)
