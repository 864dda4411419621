"""How often each value of a column occurs."""

from __future__ import annotations

import polars as pl


def counted(values: pl.Series) -> pl.DataFrame:
    """Columns `value` and `count`, the commonest first; empty cells are left out.

    Args:
        values: of any name; polars' own `value_counts` refuses a column that is called `count`.
    """
    return values.drop_nulls().alias("value").value_counts(sort=True)
