"""The contract of a task."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar

from torch import Tensor, nn
from torchmetrics import MetricCollection

from mmfusion.label_reader import LabelReader
from mmfusion.tasks.metrics.collection import NONE, Definitions, collect


class Task(LabelReader, nn.Module):
    """What is predicted: how a column becomes a target (`LabelReader`), how an output is scored and read."""

    METRICS: ClassVar[Definitions] = NONE  # the one that stands for the task first
    SIGNED: ClassVar[tuple[str, ...]] = ()  # those of them whose values lie around 0
    further_metrics: Definitions = NONE  # those that the config adds (`task.<name>.metrics`)

    @abstractmethod
    def loss(self, output: Tensor, target: Tensor) -> Tensor:
        """Per-row loss `[B]` of outputs `[B, dim]`; ValueError with both shapes if they do not fit."""

    @abstractmethod
    def metric_inputs(self, output: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        """What `metrics()` are updated with: predictions and targets, in the target's own unit."""

    def metrics(self) -> MetricCollection:
        """Fresh metrics of the fitted task, updated with `metric_inputs` of labelled rows."""
        return collect({**self.METRICS, **self.further_metrics}, self)

    @abstractmethod
    def predict(self, output: Tensor) -> dict[str, Tensor]:
        """Outputs `[B, dim]` to readable predictions, each `[B, ...]`, in the target's own unit."""

    @abstractmethod
    def readable(self, predictions: dict[str, Tensor]) -> dict[str, list[Any]]:
        """`predict`'s answer as columns; a key follows the task's name as it is, "" is the prediction itself."""
