"""Which rows train, validate and test: by a column of the table, or by ratio."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, TypedDict

import numpy as np

from mmfusion.config.errors import ConfigError, nearest, suggest
from mmfusion.config.limits import Keys
from mmfusion.data.errors import DataError, Problems
from mmfusion.data.manifest.delimited import Cells
from mmfusion.data.manifest.ratio import split_by_ratio, split_groups, strata
from mmfusion.data.table import take

NAMES = ("train", "val", "test")
OPTIONS = ("column", *NAMES, "from_train", "ratio", "seed", "group", "stratify")


class Split(TypedDict, total=False):
    """The option `split` of a table, as `ManifestSource` explains it; the check of a config reads it here."""

    column: str | None
    train: Any
    val: Any
    test: Any
    from_train: Annotated[Mapping[str, float], Keys("val", "test")] | None
    ratio: Annotated[Mapping[str, float], Keys("train", "val", "test")] | None
    seed: int
    group: str | None
    stratify: str | None


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
        total = _check_shares("ratio", ratio, NAMES)
        if not np.isclose(total, 1, atol=1e-6):
            raise ConfigError(
                f"data.split.ratio: expected shares that sum to 1, found {dict(ratio)} with sum {total:g}"
            )
        return
    given = set(_values(split).values())
    taken = split.get("from_train") or {}
    if _check_shares("from_train", taken, NAMES[1:]) >= 1:
        raise ConfigError(f"data.split.from_train: expected shares that leave rows to train on, found {dict(taken)}")
    for name in taken:
        if name in given:
            raise ConfigError(
                f"data.split.from_train.{name}: {name} is {split[name]!r} in the column already; set "
                f"data.split.{name}=null to take it from the training rows instead"
            )


def split_by_column(cells: Cells, rows: Sequence[int], file: str, split: Mapping[str, Any]) -> list[str]:
    """Each row's split, read from the column's value.

    Raises:
        DataError: an empty cell, or a value that belongs to no split.
    """
    values = _values(split)
    found = [None if cell is None else values.get(_spelt(cell)) for cell in cells]
    if None in found:
        problems = Problems(file)
        allowed = ", ".join(f"{value!r} ({name})" for value, name in values.items())
        for index, name in enumerate(found):
            if name is None:
                close = nearest(_spelt(cells[index]), values) if cells[index] is not None else None
                why = f"expected {allowed}" + (f"; did you mean {close!r}?" if close else "")
                problems.add(rows[index], split["column"], cells[index], why)
        problems.raise_if_any("data.split (values are mapped by data.split.train, .val and .test)")
    return [name for name in found if name is not None]


def split_at_ratio(
    columns: Mapping[str, Cells],
    keys: Sequence[str],
    rows: Sequence[int],
    file: str,
    split: Mapping[str, Any],
    ratio: Mapping[str, float],
) -> list[str]:
    """Each row's split, dealt out by `ratio` and the split's `seed`, `group` and `stratify`.

    Args:
        columns: of the table.
        keys: what each row is known by, wherever in the table it stands: its id, or what `content_keys` gives.
        rows: each row's number in its file.
        file: the table's name.
        split: the source's option.
        ratio: split to its share.

    Raises:
        DataError: a column that is not there, an empty group cell, fewer groups than splits.
    """
    shares = {name: float(share) for name, share in ratio.items() if share}
    seed = int(split.get("seed") or 0)
    classes = None
    if split.get("stratify") is not None:
        classes = strata(find(columns, split["stratify"], file, "data.split.stratify"))
    if split.get("group") is None:
        return split_by_ratio(keys, shares, seed, classes)
    groups = _groups(find(columns, split["group"], file, "data.split.group"), rows, file, split["group"])
    if len(set(groups)) < len(shares):
        raise DataError(
            f"{file}, column {split['group']!r}: {len(set(groups))} groups cannot fill {len(shares)} splits "
            f"({', '.join(shares)}); take a finer data.split.group or fewer splits"
        )
    return split_groups(shares, seed, groups, classes)


def take_from_train(
    splits: list[str],
    columns: Mapping[str, Cells],
    keys: Sequence[str],
    rows: Sequence[int],
    file: str,
    split: Mapping[str, Any],
) -> list[str]:
    """`splits` with the shares of `from_train` taken out of the training rows.

    Raises:
        DataError: as `split_at_ratio`.
    """
    taken = split["from_train"]
    train = [index for index, name in enumerate(splits) if name == "train"]
    if not train:
        raise DataError(f"data.split.from_train: {file} has no training rows to take from")
    ratio = {"train": 1 - math.fsum(taken.values()), **taken}
    part: dict[str, Cells] = {name: take(cells, train) for name, cells in columns.items()}
    part_keys: Cells = take(keys, train)
    dealt = split_at_ratio(part, part_keys, [rows[index] for index in train], file, split, ratio)
    result = list(splits)
    for index, name in zip(train, dealt, strict=True):
        result[index] = name
    return result


def content_keys(columns: Mapping[str, Cells]) -> list[str]:
    """What rows without ids are known by: what they hold, and of equal rows which one of them it is."""
    keys, seen = [], Counter[str]()
    for cells in zip(*(columns[name] for name in sorted(columns)), strict=True):
        content = _digest(repr([_digest(cell.tobytes()) if isinstance(cell, np.ndarray) else cell for cell in cells]))
        seen[content] += 1
        keys.append(f"{content} {seen[content]}")
    return keys


def _digest(content: str | bytes) -> str:
    return hashlib.blake2b(content.encode() if isinstance(content, str) else content, digest_size=16).hexdigest()


def find(columns: Mapping[str, Cells], name: str, file: str, option: str) -> Cells:
    """A column by the name that an option gives.

    Raises:
        DataError: there is none; names the nearest.
    """
    if name not in columns:
        raise DataError(f"{option}: {file} has no column {name!r}; {suggest(name, columns)}")
    return columns[name]


def _groups(cells: Cells, rows: Sequence[int], file: str, column: str) -> list[str]:
    problems = Problems(file)
    for index, cell in enumerate(cells):
        if cell is None:
            why = "an empty group; give each row its group, and a row that belongs to nobody one of its own"
            problems.add(rows[index], column, cell, why)
    problems.raise_if_any()
    return [str(cell) for cell in cells]


def _values(split: Mapping[str, Any]) -> dict[str, str]:
    """Cell to split."""
    values: dict[str, str] = {}
    for name in NAMES:
        given = split.get(name)
        for value in given if isinstance(given, Sequence) and not isinstance(given, str) else [given]:
            if value is None:
                continue
            if _spelt(value) in values:
                raise ConfigError(f"data.split: {value!r} stands for both {values[_spelt(value)]} and {name}")
            values[_spelt(value)] = name
    if not values:
        raise ConfigError(f"data.split: expected the column's values of {', '.join(NAMES)}, found none")
    return values


def _spelt(value: Any) -> str:
    """A value as text; true and false have one spelling, which YAML, a CSV and Parquet each write in their own way."""
    text = str(value)
    return text.lower() if text.lower() in ("true", "false") else text


def _check_shares(option: str, shares: Mapping[str, Any], names: Sequence[str]) -> float:
    """The shares' sum."""
    for name, share in shares.items():
        if name not in names:
            raise ConfigError(f"data.split.{option}: unknown split {name!r}; {suggest(name, names)}")
        if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 1:
            raise ConfigError(f"data.split.{option}.{name}: expected a share between 0 and 1, found {share!r}")
    return math.fsum(shares.values())
