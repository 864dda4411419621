"""The contract of a task."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar, TypeAlias

import torch
from torch import Tensor, nn
from torchmetrics import Metric, MetricCollection

from mmfusion.config.task_metrics import Direction

Definitions: TypeAlias = Mapping[str, tuple[Callable[[Any], Metric], Direction | None]]
"""Metric's name to what makes it for a fitted task, and whether more (`max`) or less (`min`) of it is better."""


class Task(nn.Module, ABC):
    """What is predicted: how a column becomes a target, how an output is scored and read.

    `fit` sees the training split's labels alone; `state`/`load_state` carry what it found into the run folder.

    Attributes:
        METRICS: its metrics, the one that stands for the task first.
        SIGNED: those of them whose values lie around 0.
        further_metrics: those that the config adds (`task.<name>.metrics`).
        column: the manifest's column; None means the task's own name.
        columns: several of them instead, whose cells `fit` and `check` get as tuples; none: `column`.
        dim: the head's number of outputs, known once fitted.
        is_regression: its loss is a regression's (some weightings treat the two differently).
        several: a cell may hold several labels.
        choices: how many answers a blind guess has, whose cross-entropy is `log choices`; 0 where that means nothing.
        fill: what a row without a label holds in the batch, of the shape and type that `check` gives.
        double_targets: its targets come as float64, digit for digit as in the table; else fractions come as float32.
    """

    METRICS: ClassVar[Definitions] = {}
    SIGNED: ClassVar[tuple[str, ...]] = ()

    further_metrics: Definitions = MappingProxyType({})
    column: str | None
    columns: Sequence[str] = ()
    dim: int
    is_regression: bool = False
    several: bool = False
    choices: int = 0
    fill: int | float | list[float] = 0.0
    double_targets: bool = False

    @abstractmethod
    def fit(self, labels: Sequence[Any]) -> None:
        """Learn classes or statistics from the training split's non-empty labels."""

    @abstractmethod
    def check(self, label: Any) -> Any:
        """A cell to a target value; ValueError naming what is allowed if it is not one."""

    @abstractmethod
    def loss(self, output: Tensor, target: Tensor) -> Tensor:
        """Per-row loss `[B]` of outputs `[B, dim]`; ValueError with both shapes if they do not fit."""

    @abstractmethod
    def metric_inputs(self, output: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        """What `metrics()` are updated with: predictions and targets, in the target's own unit."""

    @abstractmethod
    def predict(self, output: Tensor) -> dict[str, Tensor]:
        """Outputs `[B, dim]` to readable predictions, each `[B, ...]`, in the target's own unit."""

    def metrics(self) -> MetricCollection:
        """Fresh metrics of the fitted task, updated with `metric_inputs` of labelled rows."""
        made: dict[str, Metric | MetricCollection] = {
            name: make(self) for name, (make, _) in {**self.METRICS, **self.further_metrics}.items()
        }
        for metric in made.values() if self.double_targets else ():
            metric.set_dtype(torch.float64)
        # Groups would join metrics whose states are equal after the first batch, by chance too.
        return MetricCollection(made, compute_groups=False)

    @abstractmethod
    def readable(self, predictions: Mapping[str, Tensor]) -> dict[str, list[Any]]:
        """`predict`'s answer as columns; a key follows the task's name as it is, "" is the prediction itself."""

    @abstractmethod
    def state(self) -> Mapping[str, Any]:
        """What was fitted, as JSON types."""

    @abstractmethod
    def load_state(self, state: Mapping[str, Any]) -> None:
        """Undo of `state`."""
