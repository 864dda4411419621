"""Regression: one number."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from numbers import Integral
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import huber_loss, l1_loss, mse_loss
from torchmetrics import MeanAbsoluteError, MeanSquaredError

from mmfusion.batch import as_double
from mmfusion.standardization import DOUBLE, nonzero_deviation
from mmfusion.tasks._base import Task
from mmfusion.tasks.labels import require_shapes, valid
from mmfusion.tasks.metrics.collection import Definitions
from mmfusion.tasks.metrics.values import R2, Pearson

log = logging.getLogger(__name__)

LOSSES: dict[str, Any] = {"mse": mse_loss, "mae": l1_loss, "huber": huber_loss}
LARGEST = torch.finfo(torch.float32).max  # of a target: its square and its metrics must be finite
LOST = 1e-6  # rounding of a label, in standard deviations, beyond which a metric would be another


class Regression(Task):
    """`L_b = ℓ(z_b − (y_b − μ)/σ)`, one output `z [B, 1]`; the prediction is `μ + σ z_b`, in the target's own unit.

    `μ`, `σ` are the training split's mean and standard deviation (σ = 1 unless `standardise`, or where all targets are
    equal). `ℓ(e)` is `e²` (mse), `|e|` (mae) or Huber's with threshold δ (huber), which is `e²/2` below δ. Targets,
    predictions and metrics are float64 in the target's own unit: only `(y_b − μ)/σ` becomes float32.

    Args:
        column: the table's column; None for the task's own name.
        loss: mse, mae or huber.
        standardise: learn the target in units of its standard deviation, so that the loss starts near 1; false learns
            its distance from the mean in its own unit.
        delta: Huber's δ, in the unit in which the loss sees the target.
        range: `[lowest, highest]` value allowed in the table; None for any.

    Raises:
        ValueError: an unknown loss, or an option out of range; no label in the training split, or labels whose
            differences float64 cannot hold.
    """

    METRICS: ClassVar[Definitions] = {
        "mae": (lambda task: MeanAbsoluteError(), "min"),
        "rmse": (lambda task: MeanSquaredError(squared=False), "min"),
        "r2": (lambda task: R2(), "max"),
        "pearson": (lambda task: Pearson(), "max"),
    }
    SIGNED = ("r2", "pearson")

    dim = 1
    is_regression = True
    double_targets = True

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
        # Scalars on the CPU go with tensors of any device; a buffer in float64 could not go to each.
        self.mean = torch.zeros((), dtype=torch.float64)
        self.std = torch.ones((), dtype=torch.float64)

    def fit(self, labels: Sequence[Any]) -> None:
        if len(labels) == 0:
            raise ValueError("expected at least 1 label in the training split, found none")
        read = valid(labels, lambda label: (self.check(label), label))
        if not read:
            return
        values_N = torch.tensor([value for value, _ in read], dtype=torch.float64)
        mean, std, largest = values_N.mean(), values_N.std(correction=0), values_N.abs().max()
        _check_digits([label for _, label in read], std.item(), largest.item())
        # As short as does no harm: ordinary targets are then trained on bit for bit as by arithmetic in float32.
        self.mean = _short(mean, std)
        std = nonzero_deviation(std, largest, DOUBLE) if self.standardise else torch.ones_like(std)
        self.std = _short(std, std)

    def check(self, label: Any) -> float:
        try:
            value = float(label)
        except (TypeError, ValueError, OverflowError):
            value = math.nan
        # Python reads True as 1 and "1_000" as 1000; in a table both are more likely a slip.
        if isinstance(label, bool | np.bool_) or (isinstance(label, str) and "_" in label):
            value = math.nan
        if not math.isfinite(value) or abs(value) > LARGEST:
            largest = f" up to {LARGEST:.2g}" if math.isfinite(value) else ""
            raise ValueError(f"expected a finite number{largest}, found {label!r}")
        if self.range is not None and not self.range[0] <= value <= self.range[1]:
            raise ValueError(f"expected a number in [{self.range[0]:.15g}, {self.range[1]:.15g}], found {label!r}")
        return value

    def loss(self, output: Tensor, target: Tensor) -> Tensor:
        require_shapes(output, target, 1, ())
        z_B, y_B = output[:, 0].float(), ((as_double(target) - self.mean) / self.std).to(output.device, torch.float32)
        options = {"delta": self.delta} if self.loss_name == "huber" else {}
        return LOSSES[self.loss_name](z_B, y_B, reduction="none", **options)

    def metric_inputs(self, output: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        require_shapes(output, target, 1, ())
        return self.predict(output)["value"], as_double(target)

    def predict(self, output: Tensor) -> dict[str, Tensor]:
        return {"value": as_double(output[:, 0]) * self.std + self.mean}

    def readable(self, predictions: dict[str, Tensor]) -> dict[str, list[Any]]:
        """The value."""
        return {"": predictions["value"].tolist()}

    def state(self) -> dict[str, Any]:
        return {"mean": self.mean.item(), "std": self.std.item()}

    def load_state(self, state: Mapping[str, Any]) -> None:
        self.mean = torch.tensor(state["mean"], dtype=torch.float64)
        self.std = torch.tensor(state["std"], dtype=torch.float64)


def _check_digits(labels: Sequence[Any], std: float, largest: float) -> None:
    """ValueError where float64 rounds labels by what counts; a warning where their last digits are lost."""
    if largest < 2**53 and math.ulp(largest) <= LOST * std:
        return  # whole numbers are exact, and fractions as good as
    if len(set(map(_exact, labels))) == 1:
        return  # equal labels have no differences
    # How far float64 is from the numbers that the labels mean.
    lost = max(abs(float(_exact(label) - Decimal(float(label)))) for label in labels)
    if lost > LOST * std:
        raise ValueError(
            f"expected numbers whose differences float64 can hold (15 digits), found labels that it rounds by up to "
            f"{lost:.3g} where their standard deviation is {std:.3g}; subtract a constant from the column"
        )
    if lost >= 0.5:
        log.warning("regression labels above 2^53 are rounded by up to %.3g, in predictions and truths too", lost)


def _short(value: Tensor, std: Tensor) -> Tensor:
    """`value` with float32's digits, if that is as good beside the standard deviation."""
    short = value.float().double()
    return short if bool((short - value).abs() <= LOST * std) else value


def _exact(label: Any) -> Decimal:
    return Decimal(str(label)) if isinstance(label, str | Integral) else Decimal(float(label))
