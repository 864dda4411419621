"""Losses and metrics of all tasks over one split, on all ranks."""

from __future__ import annotations

import warnings
from collections.abc import Mapping

import torch
from torch import Tensor
from torchmetrics import Metric, MetricCollection

from mmfusion.batch import double_device
from mmfusion.tasks._base import Task
from mmfusion.training.distributed import gather_over_ranks, sum_over_ranks, world_size
from mmfusion.training.losses import row_losses


class Scores:
    """Collects batches of outputs, then gives each task's mean loss and metrics over the rows that have a label."""

    def __init__(self, tasks: Mapping[str, Task], device: torch.device) -> None:
        self.tasks = tasks
        self.place = double_device(device)  # some metrics are summed in float64
        self.metrics = {name: task.metrics().to(self.place) for name, task in tasks.items()}
        # Sums of losses, labelled rows per task, rows. A sum over a million rows needs the digits.
        kind = torch.float32 if device.type == "mps" else torch.float64
        self.counts = torch.zeros(2 * len(tasks) + 1, dtype=kind, device=device)

    @torch.no_grad()
    def update(
        self, outputs: Mapping[str, Tensor], targets: Mapping[str, Tensor], labelled: Mapping[str, Tensor], rows: int
    ) -> None:
        """Add `rows` rows: outputs `[B, C]`, targets `[B, ...]` and Bool `[B]` by task."""
        self.counts[-1] += rows
        for i, (name, task) in enumerate(self.tasks.items()):
            has_B = labelled[name]
            self.counts[i] += row_losses(task, outputs[name], targets[name], has_B).sum()
            self.counts[len(self.tasks) + i] += has_B.sum()
            if has_B.any():
                known = targets[name][has_B.to(targets[name].device)]
                predicted, true = task.metric_inputs(outputs[name][has_B], known)
                self.metrics[name].update(predicted.to(self.place), true.to(self.place))

    def compute(self) -> dict[str, Tensor]:
        """`rows`, and per task `<task>/labels`, and if any rank has a label `<task>/loss` and `<task>/<metric>`.

        `loss` is the plain sum of the tasks' mean losses, whatever the weighting, so that epochs and runs compare.
        """
        counts = sum_over_ranks(self.counts.clone())
        losses, labels, rows = counts[: len(self.tasks)], counts[len(self.tasks) : -1], counts[-1]
        scores = {"rows": rows}
        for i, (name, metrics) in enumerate(self.metrics.items()):
            scores[f"{name}/labels"] = labels[i]
            if labels[i] == 0:
                continue
            scores[f"{name}/loss"] = losses[i] / labels[i]
            _fill_empty_states(metrics)
            with warnings.catch_warnings():
                # This rank may have seen no label where others have.
                warnings.filterwarnings("ignore", message="The ``compute`` method of metric")
                scores |= {f"{name}/{metric}": value for metric, value in metrics.compute().items()}
        means = [value for key, value in scores.items() if key.endswith("/loss")]
        if means:
            scores["loss"] = torch.stack(means).sum()
        return {key: value.float() for key, value in scores.items()}


def _fill_empty_states(metrics: MetricCollection) -> None:
    """Give a rank that saw no labelled row states of no row, as wide as those of the others.

    torchmetrics gathers lists state by state, and waits for ever where a rank's has another number of dimensions.
    """
    for metric in metrics.values() if world_size() > 1 else ():
        assert isinstance(metric, Metric)
        lists = {name: state for name in metric._reductions if isinstance(state := getattr(metric, name), list)}
        own = {name: (tuple(state[0].shape[1:]), state[0].dtype) for name, state in lists.items() if state}
        known = {name: kind for kinds in gather_over_ranks([own]) for name, kind in kinds.items()} if lists else {}
        for name, state in lists.items():
            if not state and name in known:
                shape, dtype = known[name]
                state.append(torch.zeros(0, *shape, dtype=dtype, device=metric.device))
