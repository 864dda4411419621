"""Label columns to target tensors, every label checked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from mmfusion.data.cells import factorise
from mmfusion.data.errors import DataError, Problems
from mmfusion.data.table import Table

COUNTED = 1000
"""Distinct labels up to which a task's classes are counted."""


class LabelReader(Protocol):
    """What the data room needs of a task."""

    column: str | None
    fill: int | float | list[float]

    def fit(self, labels: Sequence[Any]) -> None: ...
    def check(self, label: Any) -> Any: ...
    def state(self) -> Mapping[str, Any]: ...
    def load_state(self, state: Mapping[str, Any]) -> None: ...


@dataclass
class Labels:
    """One task's labels in one split.

    Attributes:
        targets: `[N, ...]`, the fill value where there is no label.
        labelled: Bool `[N]`.
        counts: label to number of rows; empty for a regression or very many labels.
    """

    targets: Tensor
    labelled: Tensor
    counts: dict[str, int]


def fit_labels(table: Table, readers: Mapping[str, LabelReader]) -> None:
    """Fit each reader on its column's labels in the training rows.

    Raises:
        DataError: a column is missing, or holds no label at all, or the reader cannot be fitted on it.
    """
    for task, reader in readers.items():
        name = reader.column or task
        unique, index = factorise(table.column(name))
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
        name = reader.column or task
        unique, index = factorise(table.column(name))
        values: list[Any] = []
        wrong: dict[int, str] = {}
        for place, label in enumerate(unique):
            try:
                values.append(reader.check(label))
            except ValueError as error:
                wrong[place] = str(error)
                values.append(reader.fill)
        if wrong:
            for i in np.flatnonzero(np.isin(index, list(wrong))).tolist():
                place = int(index[i])
                problems.add(int(table.rows[i]), name, unique[place], wrong[place])
        # The last value serves index −1: no label.
        targets = torch.tensor([*values, reader.fill])[torch.from_numpy(index)]
        counts = _counts(unique, index) if not getattr(reader, "is_regression", False) else {}
        read[task] = Labels(targets, torch.from_numpy(index >= 0), counts)
    return read


def _counts(unique: Any, index: np.ndarray) -> dict[str, int]:
    if len(unique) > COUNTED:
        return {}
    numbers = np.bincount(index[index >= 0], minlength=len(unique))
    counts: Counter[str] = Counter()
    for place in range(len(unique)):
        counts[str(unique[place])] += int(numbers[place])
    return dict(sorted(counts.items()))
