"""Input columns that alone predict a target suspiciously well."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl
from torch import Tensor

from mmfusion.data.inspect.leaks import LEAST_ROWS, alone, halves, says_label
from mmfusion.data.kinds._base import Kind
from mmfusion.data.kinds.text import Text
from mmfusion.data.table import Table, filled
from mmfusion.tasks._base import Task


def leaks(
    table: Table, kinds: Mapping[str, Kind], tasks: Mapping[str, Task], threshold: float, margin: float
) -> list[str]:
    """A message for each input column and target of which the one gives the other away, or that it is not known.

    A predictor that sees one column is fitted on the training rows and scored on the validation rows; where too few of
    these are labelled, fitted on half of both and scored on the other half. Of media in files it sees only whether
    there is one; of texts also whether they contain their label's name.

    Args:
        table: all rows.
        kinds: modality to kind.
        tasks: task to its definition.
        threshold: accuracy or |r| from which on a column is suspicious.
        margin: how much better than the commonest class it must be.
    """
    rows = sorted(table.where("train") + table.where("val"))
    part = table.take(rows)
    training = np.array([split == "train" for split in part.splits])
    found = []
    for task_name, task in tasks.items():
        target = _plain(part.column(task.column or task_name))
        if target is None:
            continue
        fit = _fitted_on(training, filled(target))
        if fit is None:
            found.append(
                f"task {task_name}: leaks were not looked for: {int(filled(target).sum())} labelled rows in train and "
                f"val are too few, {2 * LEAST_ROWS} are needed"
            )
            continue
        for name, kind in kinds.items():
            for column in kind.columns or [name]:
                cells = _plain(part.column(column))
                if kind.reads_files or cells is None:
                    cells = pl.Series(filled(part.column(column)))
                    column = f"{column} (whether it is there)"
                score = alone(cells, target, fit, task.is_regression)
                if score.suspicious(threshold, margin):
                    chance = f", the commonest class {score.chance:.1%}" if score.measure == "accuracy" else ""
                    found.append(
                        f"{name}: column {column} alone predicts {task_name} with {score.measure} {score.value:.1%} on "
                        f"{score.rows} rows{chance}: is it known when the model is used?"
                    )
            if isinstance(kind, Text) and not task.is_regression:
                column = (kind.columns or [name])[0]
                said = says_label(part.column(column), target)
                if said.suspicious(threshold, margin):
                    found.append(
                        f"{name}: {said.value:.1%} of {said.rows} texts contain the name of their own {task_name} "
                        f"(that of another row: {said.chance:.1%})"
                    )
    return found


def _fitted_on(training: np.ndarray, labelled: np.ndarray) -> np.ndarray | None:
    """Bool `[N]`, the rows to fit on: training's, or half of the labelled ones; None if too few are left to score."""
    if (labelled & ~training).sum() >= LEAST_ROWS:
        return training
    if labelled.sum() < 2 * LEAST_ROWS:
        return None
    fit = np.zeros(len(training), dtype=bool)
    fit[labelled] = halves(int(labelled.sum()))
    return fit


def _plain(column: Any) -> Any:
    """A column of text or numbers as a list or Series; None if its cells are anything else."""
    if isinstance(column, Tensor):
        column = column.numpy(force=True)
    if isinstance(column, np.ndarray):
        return pl.Series(column) if column.ndim == 1 and column.dtype.kind in "biuf" else None
    if isinstance(column, pl.Series):
        return None if column.dtype.is_nested() else column
    first = next((cell for cell in column if cell is not None), None)
    return column if first is None or isinstance(first, str | int | float) else None
