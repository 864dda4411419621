"""A run's test metrics on some of its test rows, from what it left: no data and no checkpoint is read."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from mmfusion.config.errors import ConfigError
from mmfusion.store.files import FITTED_TASKS, OUTPUTS, PREDICTIONS, staged
from mmfusion.store.folder import RunFolder
from mmfusion.tasks._base import Task
from mmfusion.tasks._classes import class_names
from mmfusion.tasks.binary import Binary
from mmfusion.tasks.build import build_task
from mmfusion.tasks.classification import Classification
from mmfusion.tasks.multilabel import Multilabel
from mmfusion.tasks.regression import Regression
from mmfusion.training.callbacks.predictions import KeepPredictions

SAME = 1e-3
"""By how much a metric may differ, relative, for the same rows: predictions are rounded, sums have another order."""


class RescoreError(ValueError):
    """Why a run's metrics cannot be computed anew."""


@dataclass(frozen=True)
class Tested:
    """A fitted task on a run's `N` labelled test rows: outputs `[N, C]`, targets, and id to label as in its table."""

    task: Task
    outputs: Tensor
    targets: Tensor
    labels: dict[str, Any]

    @property
    def ids(self) -> list[str]:
        return list(self.labels)

    def on(self, ids: Sequence[str]) -> Tested:
        """These rows alone, in this order."""
        place = {id: row for row, id in enumerate(self.labels)}
        rows = torch.tensor([place[id] for id in ids])
        return Tested(self.task, self.outputs[rows], self.targets[rows], {id: self.labels[id] for id in ids})


def read_tested(run: Path, config: Mapping[str, Any], name: str) -> Tested:
    """A task as a run tested it, from `predictions.parquet`.

    Raises:
        RescoreError: there are no predictions, two rows have one id, or the task is not what the folder says.
    """
    try:
        table = pl.read_parquet(run / PREDICTIONS)
        task = build_task(name, config["task"][name])
        task.load_state(RunFolder(run).read(FITTED_TASKS)[name])
    except FileNotFoundError:
        raise RescoreError(f"it has no {PREDICTIONS}") from None
    except (pl.exceptions.PolarsError, OSError, LookupError, TypeError, ConfigError, ImportError) as error:
        raise RescoreError(f"its predictions cannot be read: {' '.join(str(error).split())}") from None
    if "id" not in table.columns or f"{name}_true" not in table.columns:
        raise RescoreError(f"its {PREDICTIONS} has no column id or {name}_true")
    if table["id"].n_unique() < len(table):
        raise RescoreError(f"two rows of its {PREDICTIONS} have one id")
    labelled = table[f"{name}_true"].is_not_null()
    known = table.filter(labelled)
    labels = dict(zip(known["id"].cast(pl.String), known[f"{name}_true"].to_list(), strict=True))
    try:
        raw = load_file(run / OUTPUTS)
    except FileNotFoundError:
        raw = {}
    except (SafetensorError, OSError) as error:
        raise RescoreError(f"its {OUTPUTS} cannot be read: {error}") from None
    if f"{name}/output" in raw:
        rows = torch.from_numpy(labelled.to_numpy().copy())
        return Tested(task, raw[f"{name}/output"][rows], raw[f"{name}/target"][rows], labels)
    outputs = restored_outputs(task, name, known)
    if outputs is None:
        raise RescoreError(f"outputs of {type(task).__name__} cannot be told from its {PREDICTIONS}")
    try:
        return Tested(task, outputs, _targets(task, known[f"{name}_true"]), labels)
    except (ValueError, TypeError) as error:
        raise RescoreError(f"labels of {name} cannot be read from its {PREDICTIONS}: {error}") from None


def score(parts: Sequence[Tested]) -> dict[str, float]:
    """The task's metrics and `loss` over the rows of all parts; those that are no number are left out.

    Raises:
        RescoreError: the parts' tasks have different classes.
    """
    if len({tuple(class_names(part.task) or ()) for part in parts}) > 1:
        raise RescoreError("their classes differ")
    metrics = parts[0].task.metrics()
    losses = []
    with torch.inference_mode():
        for part in parts:
            metrics.update(*part.task.metric_inputs(part.outputs, part.targets))
            losses.append(part.task.loss(part.outputs, part.targets).double())
        values = {name: float(value) for name, value in metrics.compute().items()}
        values["loss"] = torch.cat(losses).mean().item()
    return {name: value for name, value in values.items() if math.isfinite(value)}


def rescore(tested: Tested, ids: Sequence[str], recorded: Mapping[str, float]) -> dict[str, float]:
    """The metrics on the rows `ids`, of those that come out as `recorded` on all rows, by their last names."""
    whole, some = score([tested]), score([tested.on(ids)])
    return {
        name: value
        for name, value in some.items()
        if name in recorded and math.isclose(whole.get(name, math.nan), recorded[name], rel_tol=SAME, abs_tol=SAME / 10)
    }


def save_outputs(folder: Path, tasks: Mapping[str, Task], kept: KeepPredictions, table: pl.DataFrame) -> None:
    """Write `OUTPUTS` for the tasks whose outputs cannot be told from `table`; no file where there are none."""
    raw: dict[str, Tensor] = {}
    for name, task in tasks.items():
        outputs = restored_outputs(task, name, table)
        rows = kept.labelled[name]
        if outputs is None or not _same(task, outputs[rows], kept.outputs[name][rows], kept.targets[name][rows]):
            raw |= {f"{name}/output": kept.outputs[name], f"{name}/target": kept.targets[name]}
    if raw:
        with staged(folder / OUTPUTS) as place:
            save_file({name: tensor.contiguous() for name, tensor in raw.items()}, place)


def restored_outputs(task: Task, name: str, table: pl.DataFrame) -> Tensor | None:
    """Outputs `[N, C]` that a `prediction_table` was made from; None for tasks of which it says too little."""
    if isinstance(task, Regression):
        ends = task.predict(torch.tensor([[0.0], [1.0]]))["value"].double()
        values_N = torch.tensor(table[name].to_list(), dtype=torch.float64)
        return ((values_N - ends[0]) / (ends[1] - ends[0])).float()[:, None]
    names = class_names(task) or []
    if isinstance(task, Binary):
        names = names[1:]
    columns = [f"{name}_p_{label}" for label in names]
    if not isinstance(task, Binary | Classification | Multilabel) or not set(columns) <= set(table.columns):
        return None
    p_NC = torch.from_numpy(table.select(pl.col(columns).cast(pl.Float64)).to_numpy().copy())
    if isinstance(task, Classification):
        return p_NC.clamp_min(torch.finfo(torch.float32).tiny).log().float()
    return p_NC.logit(eps=1e-12).float()


def _targets(task: Task, true: pl.Series) -> Tensor:
    if true.dtype.is_nested():
        return torch.tensor(true.to_list())
    values = torch.from_numpy(np.array([task.check(label) for label in true.to_list()]))
    narrow = values.dtype == torch.float64 and not task.double_targets
    return values.float() if narrow else values


def _same(task: Task, a: Tensor, b: Tensor, targets: Tensor) -> bool:
    """Whether metrics see the same."""
    if not len(targets):
        return True
    with torch.inference_mode():
        seen_a, seen_b = (task.metric_inputs(outputs, targets)[0] for outputs in (a, b))
    return torch.allclose(seen_a, seen_b, rtol=1e-5, atol=1e-6, equal_nan=True)
