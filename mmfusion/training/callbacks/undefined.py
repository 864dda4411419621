"""Metrics that are not a number for the labels at hand, and why: checked before training."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import torch
from torch import Tensor

from mmfusion.config.errors import ConfigError
from mmfusion.data.errors import shorten
from mmfusion.tasks._base import Task
from mmfusion.tasks._classes import class_names

ROWS = 1024  # that a metric is given at once


def check_defined(
    watched: Mapping[str, Iterable[str]], tasks: Mapping[str, Task], targets: Mapping[str, Tensor]
) -> None:
    """Refuse to train by a metric to which no prediction gives a value on the validation rows' labels.

    `watched` is a config key to the metrics that it names, as `val/<task>/<metric>` (others are passed over), `targets`
    those `[N, ...]` of the validation rows that have a label, by task. ConfigError says why, and what there is instead.
    """
    for key, names in watched.items():
        for name in names:
            _, task, metric = name.split("/") if name.count("/") == 2 else ("", "", "")
            known = targets.get(task, torch.zeros(0))
            without = undefined(tasks[task], known) if len(known) else set()
            if metric not in without:
                continue
            rest = [other for other in tasks[task].metrics() if other not in without]
            instead = ", ".join(f"val/{task}/{other}" for other in ("loss", *rest))
            raise ConfigError(
                f"{key}: {name!r} is not a number on the validation split, whatever the model predicts: "
                f"{why_undefined(tasks[task], known)}; go by one of {instead}, or give validation rows with other "
                "labels (a split by data.split.ratio can be stratified: data.split.stratify)"
            )


def undefined(task: Task, target: Tensor) -> set[str]:
    """Names of the task's metrics that have no value for random predictions and targets `[N, ...]`.

    Random ones are all different, so it is the labels that leave a metric without a value.
    """
    metrics, draw = task.metrics(), torch.Generator().manual_seed(0)
    try:
        for part in target.split(ROWS):
            metrics.update(*task.metric_inputs(torch.randn(len(part), task.dim, generator=draw), part))
        values = metrics.compute()
    except Exception:  # a task of one's own may not take outputs of this kind; training will show it
        return set()
    return {name for name, value in values.items() if bool(torch.as_tensor(value).isnan().any())}


def why_undefined(task: Task, target: Tensor) -> str:
    """What it is about the labels `[N, ...]`, N at least 1, that leaves a metric without a value."""
    count = len(target)
    if count == 1:
        return "only 1 row has a label"
    if bool((target == target[0]).all()):
        names = class_names(task)
        if names is not None and target.ndim == 2:
            held = [name for name, there in zip(names, target[0].tolist(), strict=True) if there]
            return f"all {count} rows with a label have the same ones, {shorten(', '.join(held)) if held else 'none'}"
        label = repr(names[int(target[0])]) if names is not None else target[0].tolist()
        return f"all {count} rows with a label have the same one, {label}"
    return f"the labels of the {count} rows that have one do not define it"


def explain(
    metrics: Mapping[str, float], split: str, tasks: Mapping[str, Task], targets: Mapping[str, Tensor]
) -> dict[str, str]:
    """Those of a split's metrics, as they were logged, that are not a number, and why; subsets are passed over.

    `targets` are those `[N, ...]` of the split's rows that have a label, by task.
    """
    reasons = {}
    for task, definition in tasks.items():
        names = [name for name in definition.metrics() if math.isnan(metrics.get(f"{split}/{task}/{name}", 0.0))]
        if not names or task not in targets or len(targets[task]) == 0:  # rank 0 alone has them
            continue
        by_labels = undefined(definition, targets[task])
        for name in names:
            reasons[f"{split}/{task}/{name}"] = (
                why_undefined(definition, targets[task])
                if name in by_labels
                else "the model's predictions leave it without a value (they may all be the same)"
            )
    return reasons
