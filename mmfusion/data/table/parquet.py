"""Parquet to columns; types are kept, except those that only a table has."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from mmfusion.data.errors import DataError
from mmfusion.data.table.delimited import RawColumn
from mmfusion.data.table.header import name_of


def read_parquet(path: Path) -> tuple[dict[str, RawColumn], Sequence[int]]:
    """Read a Parquet file: column to its cells, and each row's number counted from 1.

    Strings, booleans, integers and floats stay what they are; categories, dates and times become strings, decimals
    floats, durations seconds; lists become Python lists.

    Raises:
        DataError: it is not a Parquet file, or a column holds objects or bytes.
    """
    try:
        frame = pl.read_parquet(path)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError) as error:
        raise DataError(f"{path.name}: not readable as Parquet: {str(error).splitlines()[0]}") from None
    columns = {name_of(series.name, place): _plain(series, path.name) for place, series in enumerate(frame, 1)}
    return columns, range(1, frame.height + 1)


def _plain(series: pl.Series, file: str) -> RawColumn:
    dtype = series.dtype
    if dtype == pl.String or dtype == pl.Boolean or dtype.is_integer() or dtype in (pl.Float32, pl.Float64):
        return series
    if dtype.is_decimal() or dtype.is_float():
        return series.cast(pl.Float64)
    if dtype == pl.Duration:
        seconds = series.dt.total_nanoseconds().to_numpy() / 1e9  # polars multiplies by 1e-9, which is none in binary
        return pl.Series(series.name, seconds).fill_nan(None)
    if dtype.is_temporal() or dtype in (pl.Categorical, pl.Enum, pl.Null):
        return series.cast(pl.String)
    if dtype in (pl.List, pl.Array):
        return series.to_list()
    raise DataError(
        f"{file}, column {series.name!r}: cells of type {dtype} are not understood; expected strings, numbers, "
        "booleans or lists of them, and media as paths; write the file without this column, or its fields as columns"
    )
