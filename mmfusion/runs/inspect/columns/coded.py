"""A column's cells as text, as numbers and as codes: the forms in which columns are compared."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from mmfusion.data.table.delimited import RawColumn

MOST_ROWS = 20_000  # rows that are looked at; of a longer table, as many at random


def as_text(cells: Iterable[object]) -> pl.Series:
    """Cells as text, null where None."""
    return pl.Series([None if cell is None else str(cell) for cell in cells], dtype=pl.String)


def numeric(cells: pl.Series) -> pl.Series:
    """Cells as finite floats, null where a cell is none; `007` is a name, and so is `true`."""
    if cells.dtype == pl.Boolean:
        return pl.Series(cells.name, [None] * len(cells), dtype=pl.Float64)
    if cells.dtype == pl.String:
        cells = cells.set(cells.str.contains(r"^\s*[+-]?0\d").fill_null(False), None)
    numbers = cells.cast(pl.Float64, strict=False)
    return numbers.set(~numbers.is_finite().fill_null(True), None)


def counted(values: pl.Series) -> pl.DataFrame:
    """Columns `value` and `count`, the commonest first; polars' own refuses a column that is called `count`."""
    return values.drop_nulls().alias("value").value_counts(sort=True)


@dataclass(frozen=True)
class Coded:
    """A column's cells as codes and as numbers."""

    codes: np.ndarray  # int `[N]`, a number for each value; −1 where empty
    numbers: np.ndarray | None  # `[N]`, NaN where empty; if all others are numbers, three different ones or more
    levels: int  # how many different values
    values: pl.Series | None = None  # text `[levels]`, the value of each code, where they were kept

    @classmethod
    def of(cls, cells: RawColumn, rows: np.ndarray | None = None) -> Coded:
        """Some rows of a column, or all; its cells are None where empty."""
        values = cells if isinstance(cells, pl.Series) else as_text(cells)
        values = values if rows is None else values.gather(rows)
        numbers = numeric(values)
        texts = values.cast(pl.String)
        codes = texts.rank("dense").fill_null(0).to_numpy().astype(np.int64) - 1
        is_number = numbers.null_count() == values.null_count() and numbers.n_unique() - (numbers.null_count() > 0) > 2
        levels = texts.drop_nulls().unique().sort()
        return cls(codes, numbers.to_numpy().astype(np.float64) if is_number else None, len(levels), levels)

    def where(self, rows: np.ndarray) -> Coded:
        return replace(self, codes=self.codes[rows], numbers=None if self.numbers is None else self.numbers[rows])

    @property
    def holes(self) -> Coded | None:
        """Whether a cell is filled, as a column of two values; None if all are, or none is."""
        filled = (self.codes >= 0).astype(np.int64)
        return Coded(filled, None, 2) if 0 < filled.sum() < len(filled) else None


def sample(rows: int) -> np.ndarray | None:
    """The rows of a long table that are looked at (always the same ones); None: all."""
    if rows <= MOST_ROWS:
        return None
    return np.sort(np.random.default_rng(0).choice(rows, MOST_ROWS, replace=False))
