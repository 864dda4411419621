"""From a config's `task.<name>` to a task with all of its metrics."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torchmetrics import Metric

from mmfusion.config.errors import ConfigError, suggest
from mmfusion.config.instantiate import instantiate, locate
from mmfusion.config.names import CLASS_COUNTS
from mmfusion.config.sections import TASK_KEYS
from mmfusion.config.task_metrics import MetricFacts
from mmfusion.tasks._base import Task

# What a torchmetrics class takes as keywords that its signature does not name.
_OF_EVERY_METRIC = ("compute_on_cpu", "compute_with_cache", "dist_sync_on_step", "sync_on_compute")


def build_task(name: str, node: Mapping[str, Any]) -> Task:
    """The task `name`, not yet fitted; the metrics that its config adds are made once it is."""
    task: Task = instantiate({key: value for key, value in node.items() if key not in TASK_KEYS}, f"task.{name}")
    further = {}
    for metric, own in (node.get("metrics") or {}).items():
        key = f"task.{name}.metrics.{metric}"
        build = locate(own.get("_target_"), key)
        _check_arguments(build, own, key)
        # Found now, while its module is trusted; made once the task is fitted, and for each validation anew.
        further[metric] = (partial(_make, build, own, key), own.get("direction"))
    task.further_metrics = further
    return task


def _check_arguments(build: Callable[..., Any], node: Mapping[str, Any], key: str) -> None:
    """Refuse what a torchmetrics class, which takes any keywords, would refuse only once the task is fitted."""
    parameters = inspect.signature(build).parameters
    names = [name for name, parameter in parameters.items() if parameter.kind != parameter.VAR_KEYWORD]
    known = ["_target_", "direction", *names, *(_OF_EVERY_METRIC if len(names) < len(parameters) else ())]
    for name in node:
        if name not in known:
            raise ConfigError(f"{key}.{name}: {build.__name__} takes no such argument; {suggest(name, known)}")


def _make(build: Callable[..., Any], node: Mapping[str, Any], key: str, task: Task) -> Metric:
    """A metric for a fitted task; ConfigError where it takes no such arguments."""
    counts = [name for name in CLASS_COUNTS if name in inspect.signature(build).parameters]
    arguments = {name: value for name, value in node.items() if name not in ("direction", "_target_")}
    with warnings.catch_warnings():
        # A split's predictions are kept anyway, and metrics are made anew for each validation.
        warnings.filterwarnings("ignore", message="Metric .* will save all targets and predictions")
        try:
            metric = build(**{**dict.fromkeys(counts, task.dim), **arguments})
        except (TypeError, ValueError) as error:
            raise ConfigError(f"{key}: {' '.join(str(error).split())}") from error
    if not isinstance(metric, Metric):
        raise ConfigError(f"{key}: {build.__name__} is no torchmetrics.Metric")
    return metric


def metric_facts(task: Task) -> dict[str, MetricFacts]:
    """What must be known of a fitted task's metrics, the one that stands for it first.

    Where neither the task nor the config says which way a metric is better, the metric's `higher_is_better` does, and
    its `plot_lower_bound` below 0 that its values lie around 0.
    """
    defined = {**task.METRICS, **task.further_metrics}
    metrics = dict(task.metrics().items(keep_base=True))
    facts = {}
    for name in sorted(metrics, key=lambda name: list(defined).index(name) if name in defined else len(defined)):
        attributes = {key: getattr(metrics[name], key, None) for key in ("higher_is_better", "plot_lower_bound")}
        own, direction = MetricFacts.of_class(attributes), defined.get(name, (None, None))[1]
        facts[name] = MetricFacts(direction or own.direction, name in task.SIGNED or own.signed)
    return facts


def check_metrics(tasks: Mapping[str, Task], targets: Mapping[str, Tensor]) -> None:
    """Try the metrics that the config adds on `targets` `[N, ...]` of labelled rows, before anything is trained.

    ConfigError where a metric does not take what the task feeds it, or gives something else than one number.
    """
    for name, task in tasks.items():
        target = targets.get(name, torch.zeros(0))[:64]
        for metric, (make, _) in task.further_metrics.items() if len(target) else ():
            key = f"task.{name}.metrics.{metric}"
            own = make(task)
            if task.double_targets:
                own.set_dtype(torch.float64)
            outputs = torch.randn(len(target), task.dim, generator=torch.Generator().manual_seed(0))
            predictions, truth = task.metric_inputs(outputs, target)
            try:
                own.update(predictions, truth)
                value = own.compute()
            except Exception as error:  # whatever a metric of somebody else's may raise
                raise ConfigError(
                    f"{key}: {type(own).__name__} does not take what a {type(task).__name__} task gives it, "
                    f"predictions {list(predictions.shape)} and targets {list(truth.shape)}: "
                    f"{' '.join(str(error).split())}"
                ) from error
            if not isinstance(value, Tensor) or value.numel() != 1:
                shape = list(value.shape) if isinstance(value, Tensor) else type(value).__name__
                raise ConfigError(f"{key}: expected a metric that gives one number, found {shape}")
