"""Which cells count as empty."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from mmfusion.config.errors import suggest
from mmfusion.data.errors import DataError
from mmfusion.data.manifest.delimited import Cells

EMPTY = ("", "NA", "nan", "NaN")
"""Strings that count as an empty cell unless the config says otherwise."""

EVERYWHERE = "*"
"""Stands for all columns that have no list of their own."""

Empty = Sequence[str] | Mapping[str, Sequence[str]]
"""Strings that count as an empty cell: those of all columns, or a list for some and one under `*` for the others."""


def empty_for(empty: Empty, column: str) -> Sequence[str]:
    """What counts as empty in one column."""
    if isinstance(empty, Mapping):
        return empty[column] if column in empty else empty.get(EVERYWHERE, EMPTY)
    return empty


def check_empty(empty: Empty, columns: Mapping[str, Cells], file: str) -> None:
    """Refuse lists for columns that there are not.

    Raises:
        DataError: names the nearest column.
    """
    for name in empty if isinstance(empty, Mapping) else ():
        if name != EVERYWHERE and name not in columns:
            raise DataError(f"data.empty: {file} has no column {name!r}; {suggest(name, columns)}")


def blank_columns(columns: Mapping[str, Cells], empty: Empty, strip: bool) -> dict[str, Cells]:
    """Columns with None for every cell that counts as empty."""
    return {name: _blank(cells, empty_for(empty, name), strip) for name, cells in columns.items()}


def _blank(cells: Cells, empty: Sequence[str], strip: bool) -> Cells:
    if not isinstance(cells, pl.Series):
        return [None if cell is None else blank(cell, empty, strip) for cell in cells]
    if cells.dtype == pl.String:
        cells = cells.str.strip_chars() if strip else cells
        return cells.set(cells.is_in(list(empty)), None)
    return cells.fill_nan(None) if cells.dtype.is_float() else cells


def blank(cell: Any, empty: Sequence[str], strip: bool) -> Any:
    """One cell, None if it counts as empty; lists of numbers as arrays, which is what features are read from.

    In a list of texts each is treated alike and empty ones are left out; if that leaves none, the cell is empty.
    """
    if isinstance(cell, str):
        text = cell.strip() if strip else cell
        return None if text in empty else text
    if not isinstance(cell, list) or not cell:
        return cell
    if any(isinstance(each, str) for each in cell):
        texts = (blank(each, empty, strip) if isinstance(each, str) else each for each in cell)
        return [each for each in texts if each is not None] or None
    try:
        found = np.asarray(cell)
    except (ValueError, OverflowError):  # lists of unequal length inside a list
        return cell
    return found if found.dtype.kind in "iuf" else cell
