"""Labels that have a column each, of 0 and 1: several columns that are one target."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import polars as pl

from mmfusion.data.inspect.plan import Plan

LEAST = 3
"""Columns below which each is a question of its own."""

MARKS = ({"0", "1"}, {"0.0", "1.0"}, {"false", "true"}, {"no", "yes"})
_PREFIX = re.compile(r"([^\W_]+)[\W_]+[^\W_]")
_VERBS = ("is", "has", "was", "had", "can", "does", "did")


@dataclass(frozen=True)
class OneHot:
    """Columns of 0 and 1 side by side, empty in the same rows.

    Attributes:
        columns: their names.
        prefix: what all names begin with (`tag` of `tag_cat`, `tag_dog`), or None.
        exclusive: exactly one of them is 1 in every row.
    """

    columns: list[str]
    prefix: str | None
    exclusive: bool

    @property
    def said(self) -> str:
        """What they are, in words."""
        named = f" whose names begin with `{self.prefix}`" if self.prefix else ""
        return f"{len(self.columns)} columns of 0 and 1 side by side{named}"


def one_hot(plan: Plan, columns: Mapping[str, Any]) -> list[OneHot]:
    """All such groups among the open columns."""
    opened = set(plan.open())
    keys = {
        name: (bool(cells.is_null().any()) and tuple(cells.is_null().to_list()), _prefix(name))
        for name, cells in columns.items()
        if name in opened and isinstance(cells, pl.Series) and _is_marked(cells)
    }
    found = []
    for key, names in groupby(columns, lambda name: keys.get(name)):
        group = list(names)
        if key is None or len(group) < LEAST:
            continue
        ones = pl.DataFrame([columns[name].cast(pl.String).str.to_lowercase().is_in(_YES) for name in group])
        total = ones.sum_horizontal().filter(columns[group[0]].is_not_null())
        found.append(OneHot(group, key[1], bool((total == 1).all())))
    return found


_YES = ["1", "1.0", "true", "yes"]


def _is_marked(cells: pl.Series) -> bool:
    values = {str(value).lower() for value in cells.drop_nulls().unique().to_list()}
    return any(values and values <= pair for pair in MARKS)


def _prefix(name: str) -> str | None:
    found = _PREFIX.match(name)
    return found[1] if found and found[1].lower() not in _VERBS else None
