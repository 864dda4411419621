"""Cells as numbers, the same for one cell and for a column of a million."""

from __future__ import annotations

import math
from contextlib import suppress
from typing import Any

import numpy as np
import polars as pl

from mmfusion.data.errors import DataError, shorten
from mmfusion.data.table.cells import factorise
from mmfusion.data.table.empty import hint
from mmfusion.data.table.table import Column, is_empty

LARGEST = float(np.finfo(np.float32).max)


class NotANumberError(DataError):
    """A cell that should be a number and is not."""


def to_number(cell: Any) -> float:
    """A cell's value; NaN if it is empty.

    A text that says NaN is not empty, or a row would have a modality in which nothing is known: `data.empty` says which
    texts are. What is no finite number, or beyond float32, is a NotANumberError.
    """
    if is_empty(cell):
        return math.nan
    value = math.nan
    if isinstance(cell, int | float | np.number) and not isinstance(cell, bool):
        value = float(cell)
    elif isinstance(cell, str) and "_" not in cell:
        with suppress(ValueError):
            value = float(cell)
    if math.isnan(value):
        raise NotANumberError(f"expected a number, found {shorten(cell)}{hint(cell)}")
    if math.isinf(value):
        raise NotANumberError(f"expected a finite number, found {shorten(cell)}")
    if abs(value) > LARGEST:
        raise NotANumberError(f"expected a number up to {LARGEST:.2g} (float32), found {shorten(cell)}")
    return value


def to_numbers(column: Column) -> np.ndarray:
    """Float64 `[N]` of a column, NaN where a cell is empty; NotANumberError as `to_number`."""
    if isinstance(column, pl.Series):
        if column.dtype == pl.String:
            return _of_strings(column)
        if column.dtype.is_numeric():
            column = column.cast(pl.Float64).fill_null(math.nan).to_numpy()
    if isinstance(column, np.ndarray) and column.dtype.kind in "iuf":
        values = column.astype(np.float64)
        if (np.abs(values) > LARGEST).any():  # not of NaN
            raise NotANumberError(f"expected finite numbers up to {LARGEST:.2g}, found {np.nanmax(np.abs(values)):.3g}")
        return values
    return np.fromiter((to_number(cell) for cell in column), dtype=np.float64, count=len(column))


def not_numbers(column: Column) -> list[int]:
    """Places of the cells that `to_number` refuses."""
    unique, index = factorise(column)
    wrong = []
    for place, cell in enumerate(unique):
        try:
            to_number(cell)
        except NotANumberError:
            wrong.append(place)
    return np.flatnonzero(np.isin(index, wrong)).tolist()


def _of_strings(column: pl.Series) -> np.ndarray:
    values = column.cast(pl.Float64, strict=False)
    odd = ~(values.abs() <= LARGEST).fill_null(False) & column.is_not_null()
    result = values.fill_null(math.nan).to_numpy().copy()
    for i in odd.arg_true():
        result[i] = to_number(column[i])
    return result
