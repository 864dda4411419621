"""Labels that have a column each, of 0 and 1: several columns that are one target."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import polars as pl

from mmfusion.data.inspect.plan import Plan

LEAST = 3
"""Columns below which each is a question of its own."""

MARKS = ({"0", "1"}, {"0.0", "1.0"}, {"false", "true"}, {"no", "yes"})
_PREFIX = re.compile(r"([^\W_]+)[\W_]+[^\W_]")
Key = tuple[bytes | None, str | None]
"""In which rows a column is empty, and what its name begins with."""

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
    def description(self) -> str:
        """What they are, in words."""
        named = f" whose names begin with `{self.prefix}`" if self.prefix else ""
        return f"{len(self.columns)} columns of 0 and 1{named}"


def one_hot(plan: Plan, columns: Mapping[str, Any]) -> list[OneHot]:
    """All such groups among the open columns."""
    holes = {name: columns[name].is_null().to_numpy().tobytes() for name in plan.open() if is_marked(columns[name])}
    named = [(name, (holes.get(name), _prefix(name))) for name in plan.open()]
    found = [as_one(columns, names, prefix) for names, (_, prefix) in _side_by_side(named) if prefix is not None]
    taken = {name for group in found for name in group.columns}
    others = [(name, (None if name in taken else holes.get(name), None)) for name in plan.open()]
    return found + [as_one(columns, names) for names, _ in _side_by_side(others)]


def _side_by_side(keys: Sequence[tuple[str, Key]]) -> list[tuple[list[str], Key]]:
    """Enough columns in a row with one key, whose first part is not None."""
    groups = [([name for name, _ in same], key) for key, same in groupby(keys, lambda each: each[1])]
    return [(names, key) for names, key in groups if key[0] is not None and len(names) >= LEAST]


def as_one(columns: Mapping[str, Any], names: list[str], prefix: str | None = None) -> OneHot:
    """Columns that are one target because a person or their names say so."""
    ones = pl.DataFrame([columns[name].cast(pl.String).str.to_lowercase().is_in(_YES) for name in names])
    total = ones.sum_horizontal().filter(columns[names[0]].is_not_null())
    return OneHot(names, prefix, bool((total == 1).all()))


_YES = ["1", "1.0", "true", "yes"]


def is_marked(cells: Any) -> bool:
    """Whether the column holds 0 and 1, or words for them, and nothing else."""
    if not isinstance(cells, pl.Series):
        return False
    values = {str(value).lower() for value in cells.drop_nulls().unique().to_list()}
    return any(values and values <= pair for pair in MARKS)


def _prefix(name: str) -> str | None:
    found = _PREFIX.match(name)
    return found[1] if found and found[1].lower() not in _VERBS else None


def make_multilabel(plan: Plan, group: OneHot, reason: str) -> None:
    """Decide that the columns are one target of several labels."""
    first, *others = group.columns
    warning = "each row has exactly one: one column of their names would be a classification" if group.exclusive else ""
    empty = plan.profiles[first].rows - plan.profiles[first].filled
    holes = f"; {empty / plan.profiles[first].rows:.0%} of rows have none" if empty else ""
    said = f"{reason}; {group.description}{holes}"
    plan.decide(first, "task", "multilabel", said, warning=warning, others=others, name=group.prefix or "")
    for name in others:
        plan.decide(name, "merged", reason=f"a label of the task that `{first}` begins")
