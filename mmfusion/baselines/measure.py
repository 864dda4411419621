"""What simple models reach on the test rows of a table."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from mmfusion.baselines.linear import best, constant_answer, is_known
from mmfusion.baselines.rows import Simple, simple
from mmfusion.baselines.scaling import Matrix, Scaled, joined
from mmfusion.data.batches.dataset import SplitDataset
from mmfusion.data.kinds._base import Kind
from mmfusion.tasks._base import Task
from mmfusion.training.evaluation import Scores

CONSTANT = "constant"
"""The model that answers without looking: the majority class, each label's share, or the mean."""

MOST_ROWS = 20_000
"""Training rows that linear models are fitted on; of more, so many are drawn."""

HELD_OUT = 5
"""Without validation rows every fifth of the training rows chooses the penalty."""


@dataclass
class Baselines:
    """Simple models and their test metrics.

    Attributes:
        metrics: model to `test/<task>/<metric>` to value; models are `constant` and `linear[<a+b>]` by modalities.
        best: task to the linear model that is best on the validation rows.
        penalties: model to task to the C that validation chose.
        rows: training rows that were used.
        notes: what a reader must know: rows that were left out, tasks that have no linear model.
        seconds: what it took.
        ids: the test rows.
        outputs: task to the outputs `[N, dim]` of its best model on the test rows.
    """

    metrics: dict[str, dict[str, float]] = field(default_factory=dict)
    best: dict[str, str] = field(default_factory=dict)
    penalties: dict[str, dict[str, float]] = field(default_factory=dict)
    rows: int = 0
    notes: list[str] = field(default_factory=list)
    seconds: float = 0.0
    ids: list[str] = field(default_factory=list)
    outputs: dict[str, Tensor] = field(default_factory=dict)


def measure(splits: Mapping[str, SplitDataset], kinds: Mapping[str, Kind], tasks: Mapping[str, Task]) -> Baselines:
    """Fit on training rows, choose the penalty on validation rows, test.

    A linear model sees one modality, or all of them side by side; standardised numbers, TF-IDF of texts. Labels that
    are missing are left out task by task; a row without a modality has zeros there, and a column that says so.

    Args:
        splits: `train`, `test` and, if there is one, `val`.
        kinds: modality to its fitted kind.
        tasks: task to its fitted definition.
    """
    began = time.perf_counter()
    found = Baselines()
    read = {name: simple(rows, kinds, MOST_ROWS if name == "train" else None) for name, rows in splits.items()}
    train, test = read["train"], read["test"]
    found.rows, found.ids = len(train), test.ids
    kept = int(splits["train"].kept.sum())
    if len(train) < kept:
        found.notes.append(f"linear models are fitted on {len(train)} of {kept} training rows, drawn at random")
    fit_on, choose_on = np.arange(len(train)), None
    if "val" not in read:
        held = np.arange(len(train)) % HELD_OUT == 0
        fit_on, choose_on = np.flatnonzero(~held), np.flatnonzero(held)
        found.notes.append("there are no validation rows: a fifth of the training rows stood in for them")
    parts = {name: _scaled(name, kind, read, fit_on) for name, kind in kinds.items()}
    models = {CONSTANT: ()} | {_name(each): each for each in _subsets(list(kinds))}
    outputs: dict[str, dict[str, Tensor]] = {model: {} for model in models}
    x = {
        model: {split: joined([parts[name][split] for name in names]) for split in read}
        for model, names in models.items()
        if names
    }
    chooser = train if choose_on is not None else read["val"]
    for name, task in tasks.items():
        if not is_known(task):
            found.notes.append(f"{name}: no simple model is known for a {type(task).__name__}")
            continue
        fit, choose = _labelled(train, name, fit_on), _labelled(chooser, name, choose_on)
        if len(fit) == 0:
            found.notes.append(f"{name}: none of the training rows that were drawn has a label")
            continue
        y, y_val = train.targets[name][fit], chooser.targets[name][choose]
        known = {CONSTANT: constant_answer(task, y, y_val, len(test))}
        if len(choose) == 0:
            found.notes.append(f"{name}: no validation row has a label, so no penalty can be chosen for a linear model")
        for model, of_split in x.items() if len(choose) else ():
            x_val = of_split["train" if chooser is train else "val"][choose]
            known[model] = best(task, of_split["train"][fit], y, x_val, y_val, of_split["test"])
            found.penalties.setdefault(model, {})[name] = known[model].strength
        for model, each in known.items():
            outputs[model][name] = each.outputs
        found.best[name] = max(known, key=lambda model: known[model].score)
        found.outputs[name] = known[found.best[name]].outputs
    found.metrics = {model: _metrics(tasks, test, each) for model, each in outputs.items() if each}
    found.seconds = time.perf_counter() - began
    return found


def _scaled(name: str, kind: Kind, read: Mapping[str, Simple], fit_on: np.ndarray) -> dict[str, Matrix]:
    """Split to matrix of one modality."""
    scaled, train = Scaled(), read["train"]
    scaled.fit(train.take(name, fit_on), train.present[name][fit_on], getattr(kind, "vocab_size", 0))
    return {split: scaled.transform(each.raw[name], each.present[name]) for split, each in read.items()}


def _labelled(rows: Simple, task: str, among: np.ndarray | None = None) -> np.ndarray:
    labelled = np.flatnonzero(rows.labelled[task].numpy())
    return labelled if among is None else np.intersect1d(labelled, among)


def _subsets(modalities: Sequence[str]) -> list[tuple[str, ...]]:
    """Each modality, and all of them."""
    return [*((name,) for name in modalities), *([tuple(modalities)] if len(modalities) > 1 else [])]


def _name(modalities: Sequence[str]) -> str:
    return f"linear[{'+'.join(modalities)}]"


def _metrics(tasks: Mapping[str, Task], test: Simple, outputs: Mapping[str, Tensor]) -> dict[str, float]:
    scores = Scores({name: tasks[name] for name in outputs}, torch.device("cpu"))
    scores.update(outputs, test.targets, test.labelled, len(test))
    # `loss` without a task sums over tasks, of which some may have no model here.
    return {f"test/{name}": float(value) for name, value in scores.compute().items() if "/" in name}
