"""A table's file to columns of cells, by its suffix; an empty cell is None."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from mmfusion.data.errors import DataError
from mmfusion.data.manifest.delimited import Cells, read_delimited
from mmfusion.data.manifest.jsonl import read_jsonl
from mmfusion.data.manifest.parquet import read_parquet

FORMATS = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".pq": "parquet",
}
"""Suffix to format."""

EMPTY = ("", "NA", "nan")
"""Strings that count as an empty cell unless the config says otherwise."""


def read_columns(
    path: Path,
    format: str | None = None,
    delimiter: str | None = None,
    empty: Sequence[str] = EMPTY,
    strip: bool = True,
) -> tuple[dict[str, Cells], Sequence[int]]:
    """Read a table's columns.

    Args:
        path: CSV, TSV, JSONL or Parquet.
        format: `csv`, `tsv`, `jsonl` or `parquet`; None goes by the suffix.
        delimiter: what separates the fields of a CSV; None is a comma, a tab for TSV.
        empty: strings that count as an empty cell.
        strip: whether blanks around a cell's text are taken off.

    Returns:
        Column to its cells, None where empty (polars Series, or a list where cells are lists; lists of
        numbers become arrays); and the line
        of each row in a text file, its number in Parquet, both counted from 1.

    Raises:
        DataError: the file is not there, is of no known format, is malformed or holds no row.
    """
    path = Path(path)
    if not path.is_file():
        raise DataError(f"there is no file {path}{beside(path)}")
    format = format or FORMATS.get(path.suffix.lower())
    if format == "csv" or format == "tsv":
        columns, rows = read_delimited(path, _one_character(delimiter) or ("," if format == "csv" else "\t"))
    elif format == "jsonl":
        columns, rows = read_jsonl(path)
    elif format == "parquet":
        columns, rows = read_parquet(path)
    else:
        raise DataError(
            f"{path.name}: cannot tell the format from the suffix {path.suffix!r} ({', '.join(FORMATS)}); set "
            "data.format to csv, tsv, jsonl or parquet"
            if format is None
            else f"data.format: expected csv, tsv, jsonl or parquet, found {format!r}"
        )
    if not len(rows):
        raise DataError(f"{path.name}: the file has columns but no row")
    return {name: _blank(cells, empty, strip) for name, cells in columns.items()}, rows


def _blank(cells: Cells, empty: Sequence[str], strip: bool) -> Cells:
    """`cells` with None for every cell that counts as empty."""
    if not isinstance(cells, pl.Series):
        return [None if cell is None or cell in ("", []) else _array(cell) for cell in cells]
    if cells.dtype == pl.String:
        cells = cells.str.strip_chars() if strip else cells
        return cells.set(cells.is_in(list(empty)), None)
    return cells.fill_nan(None) if cells.dtype.is_float() else cells


def _array(cell: Any) -> Any:
    """Lists of numbers as arrays, which is what features are read from; any other cell as it is."""
    try:
        found = np.asarray(cell)
    except ValueError:  # lists of unequal length inside a list
        return cell
    return found if found.dtype.kind in "iuf" else cell


def _one_character(delimiter: str | None) -> str | None:
    if delimiter is not None and len(delimiter) != 1:
        raise DataError(f"data.delimiter: expected one character, found {delimiter!r}")
    return delimiter


def beside(path: Path) -> str:
    """A file of nearly the same name, as a hint."""
    if path.is_dir():
        return ": it is a folder"
    if not path.parent.is_dir():
        return f": there is no folder {path.parent} either"
    names = [entry.name for entry in path.parent.iterdir() if entry.is_file()]
    close = difflib.get_close_matches(path.name, names, n=1)
    return f"; did you mean {path.parent / close[0]}?" if close else ""
