"""Rows as a source gives them: named columns, splits, ids, and where each row stood in its file."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import polars as pl
from torch import Tensor

from mmfusion.data.errors import DataError
from mmfusion.data.table.header import find_column

Column = Sequence[Any] | pl.Series | np.ndarray | Tensor
"""Cells that are indexed with `[i]`; the first axis of an array is the rows."""

SPLITS = ("train", "val", "test", "predict")


@dataclass(frozen=True)
class Table:
    """`N` rows of all splits.

    Attributes:
        name: what messages call the table, usually its file's name.
        columns: column to its `N` cells, indexed with `[i]`: a list, a polars Series, a numpy array or a tensor whose
            first axis is the rows. None is an empty cell, and so is NaN among floats.
        splits: each row's split, one of train, val, test, predict.
        ids: each row's id.
        rows: each row's number in its file (the line for text files), for messages.
        root: the folder, or the fsspec URL, under which media paths of the table lie; None if there are no paths.
        decimal: what texts that are numbers have for a decimal mark: a point, or a comma.
    """

    name: str
    columns: Mapping[str, Column]
    splits: Sequence[str]
    ids: Sequence[str]
    rows: Sequence[int]
    root: Path | str | None = None
    decimal: str = "."

    def __post_init__(self) -> None:
        named = {"splits": self.splits, "rows": self.rows, **{f"column {k!r}": v for k, v in self.columns.items()}}
        for name, values in named.items():
            if len(values) != len(self.ids):
                raise DataError(f"{self.name}: {name} has {len(values)} rows, the ids are {len(self.ids)}")

    def __len__(self) -> int:
        return len(self.ids)

    def column(self, name: str, option: str = "") -> Any:
        """A column's cells; DataError with the nearest name, and the `option` that names it, if it is not there."""
        return find_column(self.columns, name, self.name, option)

    def take(self, indices: Sequence[int] | np.ndarray) -> Table:
        """The rows at `indices`, in that order."""
        columns = {name: take(cells, indices) for name, cells in self.columns.items()}
        splits, ids, rows = (cast(Any, take(x, indices)) for x in (self.splits, self.ids, self.rows))
        return replace(self, columns=columns, splits=splits, ids=ids, rows=rows)

    def where(self, split: str) -> list[int]:
        """Indices of the rows of one split, in the table's order."""
        return np.flatnonzero(np.asarray(self.splits) == split).tolist()


def is_empty(cell: Any) -> bool:
    """Whether a cell holds nothing: None or a float NaN."""
    return cell is None or (isinstance(cell, float | np.floating) and math.isnan(cell))


def filled(cells: Column) -> np.ndarray:
    """Bool `[N]`, False where a cell is empty; without a Python loop where the column's type allows it."""
    if isinstance(cells, pl.Series):
        present = cells.is_not_null()
        return ((present & cells.is_not_nan().fill_null(False)) if cells.dtype.is_float() else present).to_numpy()
    if isinstance(cells, Tensor):
        cells = cells.numpy(force=True)
    if isinstance(cells, np.ndarray) and cells.dtype != object:
        return ~np.isnan(cells) if cells.ndim == 1 and cells.dtype.kind == "f" else np.ones(len(cells), dtype=bool)
    return np.fromiter((not is_empty(cell) for cell in cells), dtype=bool, count=len(cells))


def take(cells: Column, indices: Sequence[int] | np.ndarray) -> Column:
    """`[cells[i] for i in indices]`, in the column's own type."""
    if isinstance(cells, pl.Series):
        return cells.gather(np.asarray(indices, dtype=np.int64))
    if isinstance(cells, np.ndarray | Tensor):
        return cells[np.asarray(indices, dtype=np.int64)]
    return [cells[i] for i in indices]
