"""Which rows train, validate and test: by a column of the table, or by ratio."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mmfusion.config.errors import ConfigError, nearest, suggest
from mmfusion.data.errors import DataError, Problems
from mmfusion.data.manifest.delimited import Cells
from mmfusion.data.manifest.ratio import split_by_ratio, split_groups, strata

NAMES = ("train", "val", "test")
OPTIONS = ("column", *NAMES, "ratio", "seed", "group", "stratify")


def check_split(split: Mapping[str, Any]) -> None:
    """Refuse a `split` that means nothing or two things; needs no table.

    Raises:
        ConfigError: an unknown key, neither or both of `column` and `ratio`, shares that do not sum to 1, a value
            that is given to two splits.
    """
    for key in split:
        if key not in OPTIONS:
            raise ConfigError(f"data.split: unknown key {key!r}; {suggest(key, OPTIONS)}")
    column, ratio = split.get("column"), split.get("ratio")
    if (column is None) == (ratio is None):
        found = "neither" if column is None else f"both (column={column!r}, ratio={dict(ratio or {})})"
        raise ConfigError(
            f"data.split: expected either `column` or `ratio`, found {found}; a split by ratio is "
            "data.split.column=null 'data.split.ratio={train: 0.8, val: 0.1, test: 0.1}'"
        )
    if ratio is not None:
        _check_ratio(ratio)
    else:
        _values(split)


def split_by_column(cells: Cells, rows: Sequence[int], file: str, split: Mapping[str, Any]) -> list[str]:
    """Each row's split, read from the column's value.

    Raises:
        DataError: an empty cell, or a value that belongs to no split.
    """
    values = _values(split)
    found = [None if cell is None else values.get(str(cell)) for cell in cells]
    if None in found:
        problems = Problems(file)
        allowed = ", ".join(f"{value!r} ({name})" for value, name in values.items())
        for index, name in enumerate(found):
            if name is None:
                close = nearest(str(cells[index]), values) if cells[index] is not None else None
                why = f"expected {allowed}" + (f"; did you mean {close!r}?" if close else "")
                problems.add(rows[index], split["column"], cells[index], why)
        problems.raise_if_any("data.split (values are mapped by data.split.train, .val and .test)")
    return [name for name in found if name is not None]


def split_at_ratio(
    columns: Mapping[str, Cells], ids: Sequence[str], rows: Sequence[int], file: str, split: Mapping[str, Any]
) -> list[str]:
    """Each row's split, dealt out by `ratio`, `seed`, `group` and `stratify`.

    Raises:
        DataError: a column that is not there, an empty group cell, fewer groups than splits.
    """
    ratio = {name: float(share) for name, share in split["ratio"].items() if share}
    seed = int(split.get("seed") or 0)
    classes = None
    if split.get("stratify") is not None:
        classes = strata(find(columns, split["stratify"], file, "data.split.stratify"))
    if split.get("group") is None:
        return split_by_ratio(ids, ratio, seed, classes)
    cells = find(columns, split["group"], file, "data.split.group")
    problems = Problems(file)
    for index, cell in enumerate(cells):
        if cell is None:
            why = "an empty group; give each row its group, and a row that belongs to nobody one of its own"
            problems.add(rows[index], split["group"], cell, why)
    problems.raise_if_any()
    groups = [str(cell) for cell in cells]
    if len(set(groups)) < len(ratio):
        raise DataError(
            f"{file}, column {split['group']!r}: {len(set(groups))} groups cannot fill {len(ratio)} splits "
            f"({', '.join(ratio)}); take a finer data.split.group or fewer splits in data.split.ratio"
        )
    return split_groups(ratio, seed, groups, classes)


def find(columns: Mapping[str, Cells], name: str, file: str, option: str) -> Cells:
    """A column by the name that an option gives.

    Raises:
        DataError: there is none; names the nearest.
    """
    if name not in columns:
        raise DataError(f"{option}: {file} has no column {name!r}; {suggest(name, columns)}")
    return columns[name]


def _values(split: Mapping[str, Any]) -> dict[str, str]:
    """Cell to split."""
    values: dict[str, str] = {}
    for name in NAMES:
        given = split.get(name)
        for value in given if isinstance(given, Sequence) and not isinstance(given, str) else [given]:
            if value is None:
                continue
            if str(value) in values:
                raise ConfigError(f"data.split: {value!r} stands for both {values[str(value)]} and {name}")
            values[str(value)] = name
    if not values:
        raise ConfigError(f"data.split: expected the column's values of {', '.join(NAMES)}, found none")
    return values


def _check_ratio(ratio: Mapping[str, Any]) -> None:
    for name, share in ratio.items():
        if name not in NAMES:
            raise ConfigError(f"data.split.ratio: unknown split {name!r}; {suggest(name, NAMES)}")
        if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 1:
            raise ConfigError(f"data.split.ratio.{name}: expected a share between 0 and 1, found {share!r}")
    total = math.fsum(ratio.values())
    if not np.isclose(total, 1, atol=1e-6):
        raise ConfigError(f"data.split.ratio: expected shares that sum to 1, found {dict(ratio)} with sum {total:g}")
