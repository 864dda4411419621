"""Labels of all splits: what training would refuse, what is rare, what is spelt in two ways."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import polars as pl

from mmfusion.data.errors import DataError, Problems, str_of
from mmfusion.data.table.table import Table
from mmfusion.data.table.targets import fit_labels, label_columns, read_labels
from mmfusion.runs.inspect.columns.separators import label_lists
from mmfusion.runs.inspect.columns.similar_names import similar_message
from mmfusion.runs.validation.findings import Findings
from mmfusion.tasks._base import Task
from mmfusion.tasks.multilabel import Multilabel
from mmfusion.training.callbacks.undefined import undefined, why_undefined

FEW = 2  # training rows below which a class can hardly be learned


def read_tasks(table: Table, tasks: Mapping[str, Task], findings: Findings) -> None:
    """Fit each task on the training rows, check all labels, and fill their part of the findings."""
    for name, task in tasks.items():
        part = replace(table, columns={column: table.column(column) for column in label_columns(name, task)})
        findings.unlabelled[name], findings.classes[name] = {}, {}
        try:
            fit_labels(part.take(table.where("train")), {name: task})
        except DataError as error:
            findings.errors.append(str(error))
            continue
        problems = Problems(table.name)
        for split in findings.rows:
            labels = read_labels(part.take(table.where(split)), {name: task}, problems)[name]
            findings.unlabelled[name][split] = 1 - float(labels.labelled.float().mean())
            if labels.counts:
                findings.classes[name][split] = labels.counts
            if labels.bare:
                findings.bare.setdefault(name, {})[split] = labels.bare
            if not bool(labels.labelled.any()):
                findings.warnings.append(f"task {name}: no row of split {split} has a label, so it has no scores there")
            elif split != "train":
                targets = labels.targets[labels.labelled]
                if metrics := sorted(undefined(task, targets)):  # whatever a model predicts
                    are = "is no number" if len(metrics) == 1 else "are no numbers"
                    why = f"{are} on split {split}: {why_undefined(task, targets)}"
                    findings.warnings.append(f"task {name}: {', '.join(metrics)} {why}")
        if len(problems):
            findings.errors.append(f"task {name}: {str_of(problems.first, len(problems))}")
        findings.warnings += _odd(name, findings.classes[name])
        if isinstance(task, Multilabel):
            findings.warnings += _unparted(name, task)


def _odd(task: str, classes: Mapping[str, Mapping[str, int]]) -> list[str]:
    training = classes.get("train", {})
    names = list(dict.fromkeys(name for counts in classes.values() for name in counts))
    messages = []
    if len(training) == 1:
        messages.append(f"task {task}: all training rows have the same label, {next(iter(training))!r}")
    if rare := [name for name in names if training.get(name, 0) < FEW]:
        messages.append(f"task {task}: {len(rare)} classes have fewer than {FEW} training rows: {', '.join(rare[:10])}")
    if (alike := similar_message(names, "classes")) is not None:
        messages.append(f"task {task}: {alike}")
    return messages


def _unparted(name: str, task: Multilabel) -> list[str]:
    """Labels that look like lists, because another sign stands between the labels of this column."""
    assert task.classes is not None, "fit first"
    lists = label_lists(pl.Series(np.repeat(task.classes.names, task.counts), dtype=pl.String))
    if lists is None or lists.separator in (None, task.separator):
        return []
    example = next(label for label in task.classes.names if lists.separator in label)
    return [
        f"task {name}: labels such as {example!r} look like several; if they are, set "
        f"\"task.{name}.separator='{lists.separator}'\""
    ]
