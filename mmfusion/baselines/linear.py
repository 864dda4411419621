"""Linear models of a task, their penalty chosen by validation."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, Ridge
from torch import Tensor

from mmfusion.baselines.scaling import Matrix
from mmfusion.tasks._base import Task
from mmfusion.tasks.binary import Binary
from mmfusion.tasks.build import metric_facts
from mmfusion.tasks.classification import Classification
from mmfusion.tasks.multilabel import Multilabel
from mmfusion.tasks.regression import Regression

STRENGTHS = (0.1, 1.0, 10.0, 100.0, 1000.0)
"""Inverse penalties C, tried from the strongest penalty on until validation has got worse twice in a row."""

_IMPOSSIBLE = -30.0
"""Logit of a class that no training row has."""


class Linear(Protocol):
    """A model that can be fitted once more with a weaker penalty."""

    def fit(self, x: Matrix, y: np.ndarray, strength: float) -> None: ...
    def outputs(self, x: Matrix) -> np.ndarray: ...
    def without_looking(self, y: np.ndarray) -> np.ndarray: ...


def is_known(task: Task) -> bool:
    """Whether there is a linear model for this kind of task."""
    return isinstance(task, Classification | Binary | Multilabel | Regression)


class OneOf:
    """Multinomial logistic regression; outputs are log probabilities of all `dim` classes."""

    def __init__(self, dim: int) -> None:
        self.dim = dim
        self.model = _logistic()
        self.only: int | None = None

    def fit(self, x: Matrix, y: np.ndarray, strength: float) -> None:
        found = np.unique(y)
        self.only = int(found[0]) if len(found) == 1 else None
        if self.only is None:
            _fit(self.model.set_params(C=strength), x, y)

    def outputs(self, x: Matrix) -> np.ndarray:
        logits = np.full((x.shape[0], self.dim), _IMPOSSIBLE)
        if self.only is not None:
            logits[:, self.only] = 0.0
        else:
            logits[:, self.model.classes_] = np.log(np.maximum(self.model.predict_proba(x), np.exp(_IMPOSSIBLE)))
        return logits

    def without_looking(self, y: np.ndarray) -> np.ndarray:
        shares = np.bincount(y, minlength=self.dim) / len(y)
        return np.log(np.maximum(shares, np.exp(_IMPOSSIBLE)))


class AnyOf:
    """A logistic regression for each label, one against the rest; outputs are logits."""

    def __init__(self, dim: int) -> None:
        self.models = [OneOf(2) for _ in range(dim)]

    def fit(self, x: Matrix, y: np.ndarray, strength: float) -> None:
        for model, labels in zip(self.models, _columns(y), strict=True):
            model.fit(x, labels, strength)

    def outputs(self, x: Matrix) -> np.ndarray:
        both = [model.outputs(x) for model in self.models]
        return np.stack([each[:, 1] - each[:, 0] for each in both], 1)

    def without_looking(self, y: np.ndarray) -> np.ndarray:
        both = [model.without_looking(labels) for model, labels in zip(self.models, _columns(y), strict=True)]
        return np.array([each[1] - each[0] for each in both])


class Number:
    """Ridge regression of the target in float64; outputs are what the task's own `predict` turns into its unit."""

    def __init__(self, task: Regression) -> None:
        self.task = task
        self.model = Ridge()
        self.mean, self.std = 0.0, 1.0

    def fit(self, x: Matrix, y: np.ndarray, strength: float) -> None:
        y = y.astype(np.float64)
        self.mean, self.std = float(y.mean()), float(y.std()) or 1.0
        self.model = Ridge(alpha=1 / strength).fit(x, (y - self.mean) / self.std)

    def outputs(self, x: Matrix) -> np.ndarray:
        return self._standardised(self.model.predict(x) * self.std + self.mean)[:, None]

    def without_looking(self, y: np.ndarray) -> np.ndarray:
        return self._standardised(y.astype(np.float64).mean(keepdims=True))

    def _standardised(self, value: np.ndarray) -> np.ndarray:
        return (value - float(self.task.mean)) / float(self.task.std)


@dataclass(frozen=True)
class Best:
    """The penalty that is best on the validation rows.

    Attributes:
        outputs: `[N, dim]` of the test rows.
        score: on the validation rows, higher is better: the leading metric, and where that is level the loss.
        strength: the inverse penalty C; 0 without looking.
    """

    outputs: Tensor
    score: tuple[float, float]
    strength: float


def best(task: Task, x: Matrix, y: Tensor, x_val: Matrix, y_val: Tensor, x_test: Matrix) -> Best:
    """Fit with one penalty after another and keep what is best on the validation rows.

    Args:
        task: fitted, of a kind that is known.
        x: training rows with a label.
        y: their targets.
        x_val: validation rows with a label.
        y_val: their targets.
        x_test: rows to predict.
    """
    model = _model(task)
    found: Best | None = None
    worse = 0
    for strength in STRENGTHS:
        model.fit(x, y.numpy(), strength)
        score = _score(task, _tensor(model.outputs(x_val)), y_val)
        if found is None or score > found.score:
            found, worse = Best(_tensor(model.outputs(x_test)), score, strength), 0
        else:
            worse += 1
        if worse == 2:
            break
    assert found is not None
    return found


def constant_answer(task: Task, y: Tensor, y_val: Tensor, rows: int) -> Best:
    """The best answer without looking, for `rows` test rows: shares of the classes or labels, or the mean."""
    answer = _tensor(_model(task).without_looking(y.numpy()))
    score = _score(task, answer.expand(len(y_val), -1), y_val) if len(y_val) else (0.0, 0.0)
    return Best(answer.expand(rows, -1), score, 0.0)


def _tensor(outputs: np.ndarray) -> Tensor:
    """Outputs as a head would give them; float64, for a target of many digits."""
    return torch.from_numpy(np.ascontiguousarray(outputs, dtype=np.float64))


def _score(task: Task, outputs: Tensor, targets: Tensor) -> tuple[float, float]:
    """Higher is better: the leading metric, and where that is level the loss."""
    loss = -float(task.loss(outputs, targets).mean())
    leading = next(((name, facts) for name, facts in metric_facts(task).items() if facts.direction), None)
    if leading is None:
        return loss, loss
    name, facts = leading
    metric = task.metrics()[name]
    metric.update(*task.metric_inputs(outputs, targets))
    value = float(metric.compute())
    return (value if facts.direction == "max" else -value), loss


def _columns(y: np.ndarray) -> np.ndarray:
    return y.reshape(len(y), -1).T.astype(np.int64)


def _model(task: Task) -> Linear:
    if isinstance(task, Classification):
        return OneOf(task.dim)
    if isinstance(task, Binary | Multilabel):
        return AnyOf(task.dim)
    assert isinstance(task, Regression), "ask `is_known` first"
    return Number(task)


def _logistic() -> LogisticRegression:
    return LogisticRegression(max_iter=200, tol=1e-3, warm_start=True)


def _fit(model: Any, x: Matrix, y: np.ndarray) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # validation chooses among what there is
        model.fit(x, y)
