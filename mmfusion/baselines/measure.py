"""What simple models reach on the test rows of a table."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from mmfusion.baselines.linear import best_penalty, constant_answer, has_linear_model
from mmfusion.baselines.scaling import Matrix, Scaled, side_by_side
from mmfusion.baselines.simple_features import SimpleFeatures, read_features
from mmfusion.data.batches.dataset import SplitDataset
from mmfusion.data.kinds._base import Kind
from mmfusion.tasks._base import Task
from mmfusion.training.evaluation import Scores

CONSTANT = "constant"  # the model that answers without looking: the majority class, each label's share, or the mean
MOST_ROWS = 20_000  # training rows that linear models are fitted on; of more, so many are drawn
HELD_OUT = 5  # without validation rows every fifth of the training rows chooses the penalty


@dataclass
class Baselines:
    """Simple models and their test metrics; models are `constant` and `linear[<a+b>]` by modalities."""

    metrics: dict[str, dict[str, float]] = field(default_factory=dict)  # model, `test/<task>/<metric>`: value
    best: dict[str, str] = field(default_factory=dict)  # task to the model that is best on the validation rows
    penalties: dict[str, dict[str, float]] = field(default_factory=dict)  # model, task: the C that validation chose
    rows: int = 0  # of training that were used
    notes: list[str] = field(default_factory=list)  # rows that were left out, tasks that have no linear model
    seconds: float = 0.0
    ids: list[str] = field(default_factory=list)  # of the test rows
    outputs: dict[str, Tensor] = field(default_factory=dict)  # task to `[N, dim]` of its best model on the test rows


def measure_baselines(
    splits: Mapping[str, SplitDataset], kinds: Mapping[str, Kind], tasks: Mapping[str, Task]
) -> Baselines:
    """Fit on training rows, choose the penalty on validation rows, test.

    A linear model sees one modality, or all of them side by side; standardised numbers, TF-IDF of texts. Labels that
    are missing are left out task by task; a row without a modality has zeros there, and a column that says so.
    There need be no `val` split. Kinds and tasks are fitted.
    """
    began = time.perf_counter()
    read = {name: read_features(rows, kinds, MOST_ROWS if name == "train" else None) for name, rows in splits.items()}
    train, test = read["train"], read["test"]
    result = Baselines(rows=len(train), ids=test.ids)
    kept = int(splits["train"].kept.sum())
    if len(train) < kept:
        result.notes.append(f"linear models are fitted on {len(train)} of {kept} training rows, drawn at random")
    chooser, is_fit = "val", np.ones(len(train), dtype=bool)
    if "val" not in read:
        chooser, is_fit = "train", np.arange(len(train)) % HELD_OUT > 0
        result.notes.append("there are no validation rows: a fifth of the training rows stood in for them")
    is_choice = ~is_fit if chooser == "train" else np.ones(len(read["val"]), dtype=bool)
    parts = {name: _scaled(name, kind, read, np.flatnonzero(is_fit)) for name, kind in kinds.items()}
    names = list(kinds)
    subsets = [[name] for name in names] + ([names] if len(names) > 1 else [])
    x = {
        f"linear[{'+'.join(subset)}]": {split: side_by_side([parts[name][split] for name in subset]) for split in read}
        for subset in subsets
    }
    outputs: dict[str, dict[str, Tensor]] = {model: {} for model in (CONSTANT, *x)}
    for name, task in tasks.items():
        if not has_linear_model(task):
            result.notes.append(f"{name}: no simple model is known for a {type(task).__name__}")
            continue
        fit = np.flatnonzero(train.labelled[name].numpy() & is_fit)
        choose = np.flatnonzero(read[chooser].labelled[name].numpy() & is_choice)
        if len(fit) == 0:
            result.notes.append(f"{name}: none of the training rows that were drawn has a label")
            continue
        y, y_val = train.targets[name][fit], read[chooser].targets[name][choose]
        models = {CONSTANT: constant_answer(task, y, y_val, len(test))}
        if len(choose) == 0:
            result.notes.append(
                f"{name}: no validation row has a label, so no penalty can be chosen for a linear model"
            )
        for model, of_split in x.items() if len(choose) else ():
            x_val = of_split[chooser][choose]
            models[model] = best_penalty(task, of_split["train"][fit], y, x_val, y_val, of_split["test"])
            result.penalties.setdefault(model, {})[name] = models[model].strength
        for model, fitted in models.items():
            outputs[model][name] = fitted.outputs
        result.best[name] = max(models, key=lambda model: models[model].score)
        result.outputs[name] = models[result.best[name]].outputs
    result.metrics = {model: _metrics(tasks, test, of_task) for model, of_task in outputs.items() if of_task}
    result.seconds = time.perf_counter() - began
    return result


def _scaled(name: str, kind: Kind, read: Mapping[str, SimpleFeatures], fit_on: np.ndarray) -> dict[str, Matrix]:
    train = read["train"]
    scaled = Scaled(train.take(name, fit_on), train.present[name][fit_on], getattr(kind, "vocab_size", 0))
    return {split: scaled.transform(rows.raw[name], rows.present[name]) for split, rows in read.items()}


def _metrics(tasks: Mapping[str, Task], test: SimpleFeatures, outputs: Mapping[str, Tensor]) -> dict[str, float]:
    scores = Scores({name: tasks[name] for name in outputs}, torch.device("cpu"))
    scores.update(outputs, test.targets, test.labelled, len(test))
    # `loss` without a task sums over tasks, of which some may have no model here.
    return {f"test/{name}": float(value) for name, value in scores.compute().items() if "/" in name}
