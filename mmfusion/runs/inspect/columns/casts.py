"""A column's cells as text and as numbers, and how often each value occurs."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl


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
    """Columns `value` and `count`, the commonest first; empty cells are left out.

    Args:
        values: of any name; polars' own `value_counts` refuses a column that is called `count`.
    """
    return values.drop_nulls().alias("value").value_counts(sort=True)
