"""Columns of cells without a Python loop where their type allows it: rows of several columns, and unique values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import polars as pl
from torch import Tensor

from mmfusion.data.table.table import Column, filled, is_empty, take


class Cells(Sequence[Any]):
    """`N` cells of one modality: of one column, or a tuple a row of several. A list of nothing is an empty cell."""

    def __init__(self, columns: Sequence[Column]) -> None:
        assert columns, "a modality without columns"
        self.columns = [_without_empty_lists(column) for column in columns]

    def __len__(self) -> int:
        return len(self.columns[0])

    def __getitem__(self, i: int | slice) -> Any:
        if isinstance(i, slice):
            return self.take(range(*i.indices(len(self))))
        if len(self.columns) == 1:
            cell = self.columns[0][i]
            return cell.to_list() if isinstance(cell, pl.Series) else cell  # a list in a column of lists
        return tuple(None if is_empty(column[i]) else column[i] for column in self.columns)

    def __iter__(self) -> Iterator[Any]:
        if len(self.columns) == 1 and not isinstance(self.columns[0], Tensor):
            return iter(self.columns[0])
        return (self[i] for i in range(len(self)))

    def take(self, rows: Sequence[int] | np.ndarray) -> Cells:
        """The cells of these rows."""
        return Cells([take(column, rows) for column in self.columns])

    def filled(self) -> np.ndarray:
        """Bool `[N]`, False where every column's cell is empty: the row lacks the modality."""
        present = filled(self.columns[0])
        for column in self.columns[1:]:
            present = present | filled(column)
        return present


def _without_empty_lists(column: Column) -> Column:
    if not isinstance(column, list) or not any(isinstance(cell, list) and not cell for cell in column):
        return column
    return [None if isinstance(cell, list) and not cell else cell for cell in column]


def factorise(column: Column) -> tuple[Column, np.ndarray]:
    """Unique values of a column in order of appearance, and Int `[N]`, each row's place among them (−1 if empty).

    Strings, numbers and tuples of them are one value if they are equal and of one type; anything else (arrays) only if
    it is one object. Rows of an array are values of their own.
    """
    if isinstance(column, pl.Series) and not column.dtype.is_nested() and not column.dtype.is_float():
        values = column.drop_nulls().unique(maintain_order=True)
        table = pl.DataFrame({"value": values, "place": np.arange(len(values), dtype=np.int64)})
        joined = pl.DataFrame({"value": column}).join(table, on="value", how="left", maintain_order="left")
        return values, joined["place"].fill_null(-1).to_numpy(writable=True)
    if not isinstance(column, list | tuple | pl.Series):
        present = filled(column)
        return take(column, np.flatnonzero(present)), np.where(present, np.cumsum(present) - 1, -1)
    places: dict[Any, int] = {}
    unique: list[Any] = []
    index = np.empty(len(column), dtype=np.int64)
    for i, cell in enumerate(column):
        if is_empty(cell):
            index[i] = -1
            continue
        key = (type(cell), cell) if isinstance(cell, str | int | float | tuple) else id(cell)
        place = places.setdefault(key, len(unique))
        if place == len(unique):
            unique.append(cell)
        index[i] = place
    return unique, index
