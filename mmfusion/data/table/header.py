"""The names of a table's columns, and whether a first line holds names at all."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import polars as pl

from mmfusion.config.errors import suggest
from mmfusion.data.errors import DataError, shorten

LOOKED_AT = 2000
"""Rows that a first line is compared with."""

_LEAST_ROWS = 4
_BY_PANDAS = re.compile(r"Unnamed: \d+(_level_\d+)?|__index_level_\d+__")
_FEATURES = (r"\d", r"\s", r"[./\\]", r"[,;|]")
"""What all cells of a column may have in common and its name lacks."""


class Unnamed(str):
    """A column's name that only says where it stands (`column_2`): the file gives it none. No one's input or task."""

    __slots__ = ()


def names(header: Sequence[str], file: str) -> list[str]:
    """The columns' names, no two alike; one without a name is called by its place, counted from 1.

    Raises:
        DataError: two columns of one name.
    """
    stripped = [name.strip() for name in header]
    column_names = [name_of(name, place) for place, name in enumerate(stripped, 1)]
    twice = sorted({name for name in column_names if column_names.count(name) > 1})
    if twice:
        raise DataError(f"{file}: columns {twice} are in the header more than once; give each a name of its own")
    return column_names


def name_of(name: str, place: int) -> str:
    """A column's name, an `Unnamed` one where it is blank or one that pandas makes up for an index."""
    if not name.strip():
        return Unnamed(f"column_{place}")
    return Unnamed(name) if _BY_PANDAS.fullmatch(name) else name


def find_column(columns: Mapping[str, Any], name: str, file: str, option: str = "") -> Any:
    """A column by the name that an option gives; DataError with the nearest if there is none."""
    if name not in columns:
        raise DataError(f"{option and option + ': '}{file} has no column {name!r}; {suggest(name, columns)}")
    return columns[name]


def unnamed(columns: Iterable[str]) -> list[str]:
    """Those of the columns that have no name of their own."""
    return [name for name in columns if isinstance(name, Unnamed)]


def without_a_name(columns: Iterable[str]) -> str:
    """The sentence about columns that have no name; empty if all have one."""
    nameless = unnamed(columns)
    if not nameless:
        return ""
    return (
        f"{', '.join(nameless)}: no name in the file, so ignored unless the config names "
        f"{'it' if len(nameless) == 1 else 'them'} so (an index that pandas wrote, or a delimiter at a line's end)"
    )


def check_header(header: Sequence[str], columns: Sequence[pl.Series], file: str) -> None:
    """Refuse a first line that looks like a row (numbers among numbers, values that recur below, and no likely name) or
    like a title, which stands in the first of several columns alone.
    """
    if not columns or len(columns[0]) < _LEAST_ROWS:
        return
    cells = [name.strip() for name in header]
    filled = sum(bool((column.str.strip_chars() != "").any()) for column in columns[1:])
    if filled > 1 and cells[0] and not any(cells[1:]):
        raise DataError(
            f"{file}, line 1: {shorten(cells[0])} is the only name above {len(columns)} columns; if it is a title, "
            "delete what stands above the columns' names; if these are the names, set data.header=true"
        )
    evidence = ["" if not cell else _evidence(cell, column) for cell, column in zip(cells, columns, strict=True)]
    if "name" in evidence or not ({"number", "value"} & set(evidence)):
        return
    if "value" not in evidence and _progression([cell for cell, kind in zip(cells, evidence, strict=True) if kind]):
        return
    place = evidence.index("value" if "value" in evidence else "number")
    why = "is there again below" if evidence[place] == "value" else "is a number like those below"
    raise DataError(
        f"{file}, line 1: the first line looks like a row and not like names: in column {place + 1} "
        f"{shorten(cells[place])} {why}; if it is a row, write a line of names above it or set data.header=false "
        "(columns are then called column_1, column_2, …); if these are the names, set data.header=true"
    )


def _evidence(cell: str, column: pl.Series) -> str:
    """What a first cell is to the cells below: a `name`, a `value` that recurs, a `number` among numbers, or neither.

    `outside` is a number beyond the range of those below, as a year above counts is.
    """
    below = column.head(LOOKED_AT).str.strip_chars()
    below = below.filter(below != "")
    if not len(below):
        return "nothing"
    numbers = _numbers(below)
    own = _numbers(pl.Series([cell]))[0]
    if 10 * numbers.null_count() < len(numbers):
        if own is None:
            return "name" if not numbers.null_count() or re.search(r"\d", cell) is None else "nothing"
        return "number" if bool((numbers <= own).any() and (numbers >= own).any()) else "outside"
    same = int((below == cell).sum())
    if same >= 2:
        return "value"
    lacking = any(re.search(feature, cell) is None and bool(below.str.contains(feature).all()) for feature in _FEATURES)
    is_category = same == 0 and len(below) >= 3 * below.n_unique()
    return "name" if lacking or is_category else "nothing"


def _numbers(cells: pl.Series) -> pl.Series:
    plain = cells.str.replace(r"^([+-]?\d*),(\d+)$", "$1.$2").cast(pl.Float64, strict=False)
    return plain.set(~plain.is_finite().fill_null(True), None)


def _progression(cells: Sequence[str]) -> bool:
    """Whether numbers follow each other in equal steps, as a counter of columns, or years, do."""
    numbers = _numbers(pl.Series(cells, dtype=pl.String)).drop_nulls()
    if len(numbers) < 2 or (len(numbers) == 2 and not (numbers == numbers.round()).all()):
        return False
    steps = numbers.diff().drop_nulls()
    first = steps[0]
    return first != 0 and bool(((steps - first).abs() <= 1e-9 * abs(first)).all())
