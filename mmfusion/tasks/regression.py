"""Regression: one number."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import huber_loss, l1_loss, mse_loss
from torchmetrics import MeanAbsoluteError, MeanSquaredError, MetricCollection

from mmfusion.deviation import one_where_constant
from mmfusion.tasks._base import Task
from mmfusion.tasks.labels import require_shapes
from mmfusion.tasks.metrics.values import R2, Pearson

LOSSES = ("mse", "mae", "huber")


class Regression(Task):
    """`L_b = ℓ(z_b − (y_b − μ)/σ)`, one output `z [B, 1]`; the prediction is `μ + σ z_b`, in the target's own unit.

    `μ`, `σ` are the training split's mean and standard deviation (0 and 1 unless `standardise`; σ = 1 where all
    targets are equal). `ℓ(e)` is `e²` (mse), `|e|` (mae) or Huber's with threshold δ (huber), which is `e²/2` below δ.
    Batches carry targets, and metrics are, in the target's own unit.

    Args:
        column: the table's column; None for the task's own name.
        loss: mse, mae or huber.
        standardise: learn the target in units of its standard deviation, so that the loss starts near 1.
        delta: Huber's δ, in the unit in which the loss sees the target.
        range: `[lowest, highest]` value allowed in the table; None for any.

    Raises:
        ValueError: an unknown loss, or an option out of range; no label in the training split.
    """

    dim = 1
    is_regression = True

    def __init__(
        self,
        column: str | None = None,
        loss: Literal["mse", "mae", "huber"] = "mse",
        standardise: bool = True,
        delta: float = 1.0,
        range: Sequence[float] | None = None,
    ) -> None:
        super().__init__()
        if loss not in LOSSES:
            raise ValueError(f"loss: expected one of {', '.join(LOSSES)}, found {loss!r}")
        if delta <= 0:
            raise ValueError(f"delta: expected a positive number, found {delta}")
        if range is not None and (len(range) != 2 or not range[0] <= range[1]):
            raise ValueError(f"range: expected [lowest, highest], found {list(range)}")
        self.column = column
        self.loss_name = loss
        self.standardise = standardise
        self.delta = delta
        self.range = None if range is None else (float(range[0]), float(range[1]))
        self.mean: Tensor
        self.std: Tensor
        self.register_buffer("mean", torch.zeros(()), persistent=False)
        self.register_buffer("std", torch.ones(()), persistent=False)

    def fit(self, labels: Sequence[Any]) -> None:
        if len(labels) == 0:
            raise ValueError("expected at least 1 label in the training split, found none")
        values = []
        for label in labels:
            try:
                values.append(self.check(label))
            except ValueError:  # reported row by row when every label is checked
                continue
        if not self.standardise or not values:
            return
        values_N = torch.tensor(values, dtype=torch.float64)
        std = values_N.std(correction=0)
        self.mean = values_N.mean().float()
        self.std = one_where_constant(std, values_N.abs().max()).float()

    def check(self, label: Any) -> float:
        try:
            value = float(label)
        except (TypeError, ValueError, OverflowError):
            value = math.nan
        # Python reads True as 1 and "1_000" as 1000; in a table both are more likely a slip.
        if isinstance(label, bool | np.bool_) or (isinstance(label, str) and "_" in label):
            value = math.nan
        if not math.isfinite(value) or abs(value) > torch.finfo(torch.float32).max:
            raise ValueError(f"expected a finite number, found {label!r}")
        if self.range is not None and not self.range[0] <= value <= self.range[1]:
            raise ValueError(f"expected a number in [{self.range[0]:g}, {self.range[1]:g}], found {label!r}")
        return value

    def loss(self, output: Tensor, target: Tensor) -> Tensor:
        require_shapes(output, target, 1, ())
        z_B, y_B = output[:, 0].float(), (target.float() - self.mean) / self.std
        if self.loss_name == "mse":
            return mse_loss(z_B, y_B, reduction="none")
        if self.loss_name == "mae":
            return l1_loss(z_B, y_B, reduction="none")
        return huber_loss(z_B, y_B, reduction="none", delta=self.delta)

    def metric_inputs(self, output: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        require_shapes(output, target, 1, ())
        return self.predict(output)["value"], target.float()

    def predict(self, output: Tensor) -> dict[str, Tensor]:
        return {"value": output[:, 0].float() * self.std + self.mean}

    def readable(self, predictions: Mapping[str, Tensor]) -> dict[str, list[Any]]:
        """The value."""
        return {"": predictions["value"].tolist()}

    def metrics(self) -> MetricCollection:
        return MetricCollection(
            {"mae": MeanAbsoluteError(), "rmse": MeanSquaredError(squared=False), "r2": R2(), "pearson": Pearson()}
        )

    def state(self) -> dict[str, Any]:
        return {"mean": self.mean.item(), "std": self.std.item()}

    def load_state(self, state: Mapping[str, Any]) -> None:
        device = self.mean.device
        self.mean = torch.tensor(state["mean"], device=device)
        self.std = torch.tensor(state["std"], device=device)
