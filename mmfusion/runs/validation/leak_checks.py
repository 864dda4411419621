"""Input columns that give a target away or are made from one, and tasks that do so with another."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from itertools import combinations
from typing import Any

import numpy as np
import polars as pl
from torch import Tensor

from mmfusion.data.kinds._base import Kind
from mmfusion.data.kinds.text import Text
from mmfusion.data.table.cells import factorise
from mmfusion.data.table.table import Column, Table, filled
from mmfusion.data.table.targets import label_columns
from mmfusion.runs.inspect.columns.coded import Coded, sample
from mmfusion.runs.inspect.leaks.partial import computed_from_two, gives_in_part
from mmfusion.runs.inspect.leaks.prediction import LABELS_COMPARED, LEAST_ROWS, contains_label, gives, relation
from mmfusion.tasks._base import Task
from mmfusion.tasks._classes import class_names
from mmfusion.tasks.multilabel import Multilabel

_KNOWN = "is it known when the model is used?"
_RELATIONS = {
    "gives": "alone predicts {task} with {score}",
    "follows": "is predicted by {task} alone with {score}, so it may be a threshold, a bin or a part of it",
}


def leaks(table: Table, kinds: Mapping[str, Kind], tasks: Mapping[str, Task]) -> list[str]:
    """A message for each input column and target of which one gives the other away, or that it is not known.

    Looked at are the training and validation rows; of media in files only whether there is one; of texts also whether
    they contain their label's name.
    """
    part = table.take(sorted(table.where("train") + table.where("val")))
    rows = sample(len(part))
    of_modality = {name: _inputs(part, name, kind, rows) for name, kind in kinds.items()}
    inputs = {where: cells for columns in of_modality.values() for where, cells in columns.items()}
    targets: dict[str, Coded] = {}
    messages: list[str] = []
    leaking: dict[str, str] = {}
    for task_name, task, column in ((n, t, c) for n, t in tasks.items() for c in label_columns(n, t)):
        name = task_name if not task.columns else f"{task_name} ({column})"
        target = _coded(part.column(column), rows)
        if target is None:
            continue
        labelled = int((target.codes >= 0).sum())
        if labelled < LEAST_ROWS:
            messages.append(
                f"task {name}: leaks were not looked for: {labelled} labelled rows in train and val are too few, "
                f"{LEAST_ROWS} are needed"
            )
            continue
        if not task.columns:  # the labels of one task may well exclude each other
            targets[name] = target
        held = _held(part.column(column), task, rows) if isinstance(task, Multilabel) and not task.columns else {}
        for modality, kind in kinds.items():
            for where, cells in of_modality[modality].items():
                label = next((label for label, has in held.items() if gives(cells, has).suspicious), None)
                why = f"alone says which rows have {name}={label}" if label is not None else _why(cells, target, name)
                why = why or gives_in_part(cells, target, name)
                if why is not None:
                    messages.append(f"{where} {why}: {_KNOWN}")
                    leaking[where] = f"{leaking.get(where, '')}\n{why}"
            if isinstance(kind, Text) and not task.is_regression:
                score = contains_label(part.column((kind.columns or [modality])[0]), part.column(column))
                if score.suspicious:
                    messages.append(
                        f"{modality}: {score.value:.1%} of {score.rows} texts contain the name of their own {name} "
                        f"(that of another row: {score.chance:.1%})"
                    )
    for name, target in targets.items():
        if (pair := computed_from_two(inputs, target)) is not None:
            messages.append(
                f"{pair[0]} and {pair[1]}: {name} is the {pair[2]} of the two: are both known when the model is used?"
            )
    sources = [where for where, why in leaking.items() if "\nalone" in why]
    for where in sorted(inputs.keys() - leaking.keys()):
        source = next((source for source in sources if relation(inputs[where], inputs[source])), None)
        if source is not None:
            messages.append(f"{where} is another form of {source}, which gives a target away: {_KNOWN}")
    for (first, target), (second, other) in combinations(targets.items(), 2):
        if (why := _why(other, target, first)) is not None:
            messages.append(f"task {second} {why}: a model that is good at one knows the other")
    return messages


def _why(column: Coded, target: Coded, task: str) -> str | None:
    related = relation(column, target)
    if related is None:
        return None
    how, score = related
    chance = f", the commonest {score.chance:.1%}" if score.measure == "accuracy" else ""
    shown = f"{score.measure} {score.value:.1%} on {score.rows} rows{chance}"
    return _RELATIONS[how].format(task=task, score=shown)


def _inputs(table: Table, name: str, kind: Kind, rows: np.ndarray | None) -> dict[str, Coded]:
    """A modality's columns by where they are; of one whose cells are files or arrays, whether there is one."""
    inputs = {}
    for column in kind.columns or [name]:
        cells, where = None if kind.reads_files else _coded(table.column(column), rows), f"{name}: column {column}"
        if cells is not None:
            inputs[where] = cells
        elif not (there := filled(table.column(column))).all():
            inputs[f"{where} (whether it is there)"] = Coded.of(pl.Series(there), rows)
    return inputs


def _held(cells: Column, task: Task, rows: np.ndarray | None) -> dict[str, Coded]:
    """The commonest labels of a task of several, each with which rows have it; wrong cells count as empty."""
    names = class_names(task)
    if not names:  # it could not be fitted, which is reported there
        return {}
    values, places = factorise(cells)
    hot = np.full((len(values) + 1, task.dim), np.nan)
    for place, value in enumerate(values):
        with suppress(ValueError):  # reported where labels are checked
            hot[place] = task.check(value)
    columns = hot[places].T
    common = np.argsort(-np.nan_to_num(columns).sum(1), kind="stable")[:LABELS_COMPARED]
    return {names[i]: Coded.of(pl.Series(columns[i]).fill_nan(None).cast(pl.Int8), rows) for i in common.tolist()}


def _coded(column: Any, rows: np.ndarray | None) -> Coded | None:
    """A column of text or numbers; None if its cells are anything else."""
    if isinstance(column, Tensor):
        column = column.numpy(force=True)
    if isinstance(column, np.ndarray):
        if column.ndim != 1 or column.dtype.kind not in "biuf":
            return None
        column = pl.Series(column, nan_to_null=True)
    if isinstance(column, pl.Series):
        return None if column.dtype.is_nested() else Coded.of(column, rows)
    first = next((cell for cell in column if cell is not None), None)
    return Coded.of(column, rows) if first is None or isinstance(first, str | int | float) else None
