"""The metrics of a task: how they are defined, and how they are made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, TypeAlias

import torch
from torchmetrics import Metric, MetricCollection

from mmfusion.config.task_metrics import Direction
from mmfusion.label_reader import LabelReader

Definitions: TypeAlias = Mapping[str, tuple[Callable[[Any], Metric], Direction | None]]
"""Metric's name to what makes it for a fitted task, and whether more (`max`) or less (`min`) of it is better."""
NONE: Definitions = MappingProxyType({})


def collect(definitions: Definitions, task: LabelReader) -> MetricCollection:
    """Fresh metrics of a fitted task; they count in float64 where its targets are."""
    metrics: dict[str, Metric | MetricCollection] = {name: make(task) for name, (make, _) in definitions.items()}
    for metric in metrics.values() if task.double_targets else ():
        metric.set_dtype(torch.float64)
    # Groups would join metrics whose states are equal after the first batch, by chance too.
    return MetricCollection(metrics, compute_groups=False)
