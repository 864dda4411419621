"""Which rows train, validate and test: by a column of the table, by ratio, or by folds.

Here a table's `ids` are what its rows are known by, wherever in it they stand: their ids, or what `content_keys` gives.
"""

from __future__ import annotations

import hashlib
import json
import math
import shlex
from collections import Counter
from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeAlias

import numpy as np
from annotated_types import Ge, Interval
from typing_extensions import TypedDict  # pydantic takes typing's from Python 3.12 on

from mmfusion.config.errors import nearest
from mmfusion.config.split_rules import spelt, split_values
from mmfusion.data.errors import DataError, Problems
from mmfusion.data.table.delimited import RawColumn
from mmfusion.data.table.header import unnamed
from mmfusion.data.table.ratio import MOST_CLASSES, split_by_ratio, split_groups, strata
from mmfusion.data.table.table import Table, filled

Share: TypeAlias = Annotated[float, Interval(ge=0, le=1)]


class Split(TypedDict, total=False):
    """The option `split` of a table, as `ManifestSource` explains it; the check of a config reads it here."""

    column: str | None
    train: Any
    val: Any
    test: Any
    from_train: Mapping[Literal["val", "test"], Share] | None
    ratio: Mapping[Literal["train", "val", "test"], Share] | None
    folds: Annotated[int, Ge(2)] | Literal["groups"] | None
    fold: Annotated[int, Ge(0)]
    seed: int
    group: str | None
    stratify: str | None


def groups_of(table: Table, column: str) -> list[str]:
    """Each row's group in a column; empty cells are refused."""
    cells = table.column(column, "data.split.group")
    problems = Problems(table.name)
    for place in np.flatnonzero(~filled(cells)).tolist():
        why = "an empty group; give each row its group, and a row that belongs to nobody one of its own"
        problems.add(table.rows[place], column, None, why)
    problems.raise_if_any()
    return [str(cell) for cell in cells]


def split_by_column(table: Table, split: Mapping[str, Any]) -> list[str]:
    """Each row's split, read from the column's value; empty cells and values of no split are refused.

    Raises:
        DataError: no such column, an empty cell, or a value that belongs to no split.
    """
    values, cells = split_values(split), table.column(str(split["column"]), "data.split.column")
    row_splits = [None if cell is None else values.get(spelt(cell)) for cell in cells]
    if None in row_splits:
        problems = Problems(table.name)
        allowed = ", ".join(f"{value!r} ({name})" for value, name in values.items())
        for index, name in enumerate(row_splits):
            if name is None:
                close = nearest(spelt(cells[index]), values) if cells[index] is not None else None
                why = f"expected {allowed}" + (f"; did you mean {close!r}?" if close else "")
                problems.add(table.rows[index], split["column"], cells[index], why)
        known = [value for value, name in values.items() if name == "train"]
        unknown = dict.fromkeys(spelt(cell) for cell in cells if cell is not None and spelt(cell) not in values)
        several = ", ".join(json.dumps(value, ensure_ascii=False) for value in [*known, *unknown][:4])
        also = f"; {shlex.quote(f'data.split.train=[{several}]')} trains on all of these" if unknown else ""
        problems.raise_if_any(f"data.split (data.split.train, .val and .test name a value, or several{also})")
    return [name for name in row_splits if name is not None]


def split_at_ratio(table: Table, split: Mapping[str, Any], ratio: Mapping[str, float]) -> list[str]:
    """Each row's split, dealt out by `ratio` (split to its share) and the split's `seed`, `group` and `stratify`.

    Raises:
        DataError: an empty group cell, fewer groups than splits, a column without classes to stratify by.
    """
    shares = {name: float(share) for name, share in ratio.items() if share}
    seed = int(split.get("seed") or 0)
    classes = None
    if split.get("stratify") is not None:
        classes = strata(table.column(split["stratify"], "data.split.stratify"))
        different = len(np.unique(classes))
        if different > max(MOST_CLASSES, len(classes) // 2):
            raise DataError(
                f"data.split.stratify: column {split['stratify']!r} of {table.name} holds {different} values in "
                f"{len(classes)} rows, so there are no classes to stratify by; take a column of classes or of numbers, "
                "or set data.split.stratify=null"
            )
    if split.get("group") is None:
        return split_by_ratio(table.ids, shares, seed, classes)
    groups = groups_of(table, split["group"])
    if len(set(groups)) < len(shares):
        raise DataError(
            f"{table.name}, column {split['group']!r}: {len(set(groups))} groups cannot fill {len(shares)} splits "
            f"({', '.join(shares)}); take a finer data.split.group or fewer splits "
            "(data.split.val=null has no validation)"
        )
    return split_groups(shares, seed, groups, classes)


def take_from_train(splits: list[str], table: Table, split: Mapping[str, Any]) -> list[str]:
    """`splits` with the shares of `from_train` taken out of the training rows."""
    taken = split["from_train"]
    train = [index for index, name in enumerate(splits) if name == "train"]
    if not train:
        raise DataError(f"data.split.from_train: {table.name} has no training rows to take from")
    ratio = {"train": 1 - math.fsum(taken.values()), **taken}
    result = list(splits)
    for index, name in zip(train, split_at_ratio(table.take(train), split, ratio), strict=True):
        result[index] = name
    return result


def content_keys(columns: Mapping[str, RawColumn]) -> list[str]:
    """What rows without ids are known by: what they hold, and of equal rows which one of them it is.

    Columns without a name are left out of it: what pandas writes as an index changes with the order of the rows.
    """
    keys, seen = [], Counter[str]()
    names = sorted(set(columns) - set(unnamed(columns))) or sorted(columns)
    for cells in zip(*(columns[name] for name in names), strict=True):
        content = _digest(repr([_digest(cell.tobytes()) if isinstance(cell, np.ndarray) else cell for cell in cells]))
        seen[content] += 1
        keys.append(f"{content} {seen[content]}")
    return keys


def _digest(content: str | bytes) -> str:
    return hashlib.blake2b(content.encode() if isinstance(content, str) else content, digest_size=16).hexdigest()
