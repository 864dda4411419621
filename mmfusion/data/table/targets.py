"""Label columns to target tensors, every label checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mmfusion.data.errors import DataError, Problems
from mmfusion.data.table.cells import Cells, factorise
from mmfusion.data.table.empty import hint
from mmfusion.data.table.table import Column, Table
from mmfusion.label_reader import LabelReader

COUNTED = 1000
"""Classes up to which their rows are counted."""

ROUNDED = 1e-3
"""Rounding of targets, in standard deviations, that a task which takes float32 is not given."""


@dataclass
class Labels:
    """One task's labels in one split."""

    targets: Tensor  # `[N, ...]`, the fill value where there is no label
    labelled: Tensor  # Bool `[N]`
    counts: dict[str, int]  # class to rows, in the task's order; empty for a regression or very many classes
    bare: int = 0  # rows that are known to hold none of several labels


def label_columns(task: str, reader: LabelReader) -> list[str]:
    """The columns that a task reads: its `columns`, its `column`, or the one of its own name."""
    return list(reader.columns) or [reader.column or task]


def label_cells(table: Table, task: str, reader: LabelReader) -> Column:
    """A task's cells: of its column, or of several a tuple a row, None where all are empty and that says nothing."""
    names = label_columns(task, reader)
    if len(names) == 1:
        return table.column(names[0])
    cells = Cells([table.column(name) for name in names])
    if reader.empty_is_no:
        return list(cells)
    return [cell if there else None for cell, there in zip(cells, cells.filled(), strict=True)]


def fit_labels(table: Table, readers: Mapping[str, LabelReader]) -> None:
    """Fit each reader on its column's labels in the training rows; DataError where there is none, or it cannot be."""
    for task, reader in readers.items():
        name, unique, index = _distinct(table, task, reader)
        distinct = list(unique)
        labels = [distinct[place] for place in index[index >= 0].tolist()]
        if not labels:
            raise DataError(
                f"task {task!r}: column {name!r} of {table.name} is empty in all {len(table)} training rows"
            )
        try:
            reader.fit(labels)
        except ValueError as error:
            raise DataError(f"task {task!r}, column {name!r} of {table.name}: {error}") from None


def read_labels(table: Table, readers: Mapping[str, LabelReader], problems: Problems) -> dict[str, Labels]:
    """Check every label and make targets; what is wrong with any is added to `problems`."""
    read = {}
    for task, reader in readers.items():
        name, unique, index = _distinct(table, task, reader)
        values: list[Any] = []
        wrong: dict[int, str] = {}
        for place, label in enumerate(unique):
            try:
                values.append(reader.check(label))
            except ValueError as error:
                wrong[place] = f"{error}{hint(label)}"
                values.append(reader.fill)
        if wrong:
            for i in np.flatnonzero(np.isin(index, list(wrong))).tolist():
                place = int(index[i])
                problems.add(int(table.rows[i]), name, unique[place], wrong[place])
        # The last value serves index −1: no label.
        targets = _tensor([*values, reader.fill], reader, task, name)[torch.from_numpy(index)]
        known = torch.from_numpy((index >= 0) & ~np.isin(index, list(wrong)))
        counts, bare = _counts(targets[known], reader.state().get("classes", ()))
        read[task] = Labels(targets, torch.from_numpy(index >= 0), counts, bare)
    return read


def _distinct(table: Table, task: str, reader: LabelReader) -> tuple[str, Column, np.ndarray]:
    """What messages call a task's columns, their different cells (tuples of several columns'), and each row's place."""
    return ", ".join(label_columns(task, reader)), *factorise(label_cells(table, task, reader))


def _tensor(values: list[Any], reader: LabelReader, task: str, column: str) -> Tensor:
    targets = torch.tensor(np.array(values))
    if targets.dtype != torch.float64 or reader.double_targets:
        return targets
    narrow = targets.float()
    if len(targets) > 2:
        lost, spread = (narrow.double() - targets)[:-1].abs().amax(0), targets[:-1].std(0, correction=0)
        if bool(((lost > ROUNDED * spread) & (spread > 0)).any()):
            raise DataError(
                f"task {task!r}, column {column!r}: float32 rounds these targets by up to {lost.max():.3g}, which is "
                "too much for how little they vary; give the task `double_targets = True`, and it gets float64"
            )
    return narrow


def _counts(targets: Tensor, classes: Sequence[str]) -> tuple[dict[str, int], int]:
    """Rows of each class that there is, and rows without any: of targets, for a class may be spelt in several ways."""
    if not classes or len(classes) > COUNTED:
        return {}, 0
    several = targets.ndim == 2
    numbers = targets.long().sum(0) if several else torch.bincount(targets.long(), minlength=len(classes))
    bare = int((targets == 0).all(1).sum()) if several else 0
    return {name: count for name, count in zip(classes, numbers.tolist(), strict=True) if count}, bare
