"""Linear models of a task, their penalty chosen by validation."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

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

# Inverse penalties C, tried from the strongest penalty on until validation has got worse twice in a row.
STRENGTHS = (0.1, 1.0, 10.0, 100.0, 1000.0)
_IMPOSSIBLE = -30.0  # logit of a class that no training row has


def has_linear_model(task: Task) -> bool:
    """Whether there is a linear model for this kind of task."""
    return isinstance(task, Classification | Binary | Multilabel | Regression)


class Logistic:
    """Multinomial logistic regression; outputs are log probabilities of all `dim` classes."""

    def __init__(self, dim: int) -> None:
        self.dim = dim
        self.model = LogisticRegression(max_iter=200, tol=1e-3, warm_start=True)
        self.only: int | None = None

    def fit(self, x: Matrix, y: np.ndarray, strength: float) -> None:
        self.only = int(y[0]) if (y == y[0]).all() else None
        if self.only is None:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ConvergenceWarning)  # validation chooses among what there is
                self.model.set_params(C=strength).fit(x, y)

    def outputs(self, x: Matrix) -> np.ndarray:
        logits = np.full((x.shape[0], self.dim), _IMPOSSIBLE)
        if self.only is not None:
            logits[:, self.only] = 0.0
        else:
            logits[:, self.model.classes_] = _log(self.model.predict_proba(x))
        return logits


class OneVersusRest:
    """A logistic regression for each label, one against the rest; outputs are logits."""

    def __init__(self, dim: int) -> None:
        self.models = [Logistic(2) for _ in range(dim)]

    def fit(self, x: Matrix, y: np.ndarray, strength: float) -> None:
        for model, labels in zip(self.models, _labels(y).T, strict=True):
            model.fit(x, labels, strength)

    def outputs(self, x: Matrix) -> np.ndarray:
        return np.stack([np.diff(model.outputs(x))[:, 0] for model in self.models], 1)


class StandardizedRidge:
    """Ridge regression of the target in float64; outputs are what the task's own `predict` turns into its unit."""

    def __init__(self, task: Regression) -> None:
        self.task = task

    def fit(self, x: Matrix, y: np.ndarray, strength: float) -> None:
        y = y.astype(np.float64)
        self.mean, self.std = float(y.mean()), float(y.std()) or 1.0
        self.model = Ridge(alpha=1 / strength).fit(x, (y - self.mean) / self.std)

    def outputs(self, x: Matrix) -> np.ndarray:
        return _standardized(self.task, self.model.predict(x) * self.std + self.mean)[:, None]


@dataclass(frozen=True)
class Best:
    """The penalty that is best on the validation rows."""

    outputs: Tensor  # `[N, dim]` of the test rows
    score: tuple[float, float]  # see `_score`
    strength: float  # the inverse penalty C; 0 without looking


def best_penalty(task: Task, x: Matrix, y: Tensor, x_val: Matrix, y_val: Tensor, x_test: Matrix) -> Best:
    """Fit with one penalty after another and keep what is best on the validation rows; all but `x_test` have labels."""
    model = _model(task)
    best: Best | None = None
    worse = 0
    for strength in STRENGTHS:
        model.fit(x, y.numpy(), strength)
        score = _score(task, _tensor(model.outputs(x_val)), y_val)
        if best is None or score > best.score:
            best, worse = Best(_tensor(model.outputs(x_test)), score, strength), 0
        else:
            worse += 1
        if worse == 2:
            break
    assert best is not None
    return best


def constant_answer(task: Task, y: Tensor, y_val: Tensor, rows: int) -> Best:
    """The best answer without looking, for `rows` test rows: shares of the classes or labels, or the mean."""
    if isinstance(task, Regression):
        answer = _standardized(task, y.numpy().astype(np.float64).mean(keepdims=True))
    elif isinstance(task, Classification):
        answer = _log(np.bincount(y.numpy(), minlength=task.dim) / len(y))
    else:
        shares = _labels(y.numpy()).mean(0)
        answer = _log(shares) - _log(1 - shares)
    outputs = _tensor(answer)
    score = _score(task, outputs.expand(len(y_val), -1), y_val) if len(y_val) else (0.0, 0.0)
    return Best(outputs.expand(rows, -1), score, 0.0)


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


def _labels(y: np.ndarray) -> np.ndarray:
    return y.reshape(len(y), -1).astype(np.int64)


def _log(shares: np.ndarray) -> np.ndarray:
    return np.log(np.maximum(shares, np.exp(_IMPOSSIBLE)))


def _standardized(task: Regression, value: np.ndarray) -> np.ndarray:
    return (value - float(task.mean)) / float(task.std)


def _model(task: Task) -> Logistic | OneVersusRest | StandardizedRidge:
    if isinstance(task, Regression):
        return StandardizedRidge(task)
    return Logistic(task.dim) if isinstance(task, Classification) else OneVersusRest(task.dim)
