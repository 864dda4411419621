"""Labels that have a column each, of 0 and 1: several columns that are one target."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import polars as pl

from mmfusion.label_lists import MARKS
from mmfusion.runs.inspect.plan import Plan

LEAST = 3  # columns below which each is a question of its own
# A first word that is no verb.
_PREFIX = re.compile(r"(?!(?:is|has|was|had|can|does|did)[\W_])([^\W_]+)[\W_]+[^\W_]", re.IGNORECASE)


@dataclass(frozen=True)
class OneHot:
    """Columns of 0 and 1 side by side, empty in the same rows; or of one mark and empty cells."""

    columns: list[str]
    prefix: str | None  # what all names begin with (`tag` of `tag_cat`, `tag_dog`)
    exclusive: bool  # exactly one of them is 1 in every row
    mark: str | None = None  # what stands where a label holds, if nothing stands where it does not

    @property
    def description(self) -> str:
        named = f" whose names begin with `{self.prefix}`" if self.prefix else ""
        held = "0 and 1" if self.mark is None else f"{self.mark!r} and empty cells, which are taken as no"
        return f"{len(self.columns)} columns of {held}{named}"


def one_hot(plan: Plan) -> list[OneHot]:
    """All such groups among the open columns."""
    likeness = {name: _likeness(plan.columns[name]) for name in plan.open()}
    prefixes = {name: match[1] for name in likeness if (match := _PREFIX.match(name))}
    groups = [as_one(plan.columns, names, prefix) for names, prefix in _side_by_side(likeness, prefixes) if prefix]
    others = likeness | {name: None for group in groups for name in group.columns}
    return groups + [as_one(plan.columns, names) for names, _ in _side_by_side(others, {})]


def _likeness(cells: Any) -> bytes | None:
    """What columns of one group have in common: their mark, or which rows are empty; None of one that is in none."""
    if not is_marked(cells):
        return None
    mark = _mark(cells)
    return cells.is_null().to_numpy().tobytes() if mark is None else mark.encode()


def _side_by_side(
    likeness: Mapping[str, bytes | None], prefixes: Mapping[str, str]
) -> list[tuple[list[str], str | None]]:
    """Enough columns in a row that are alike, and what all their names begin with."""
    groups = [(list(names), key) for key, names in groupby(likeness, lambda name: (likeness[name], prefixes.get(name)))]
    return [(names, prefix) for names, (alike, prefix) in groups if alike is not None and len(names) >= LEAST]


def as_one(columns: Mapping[str, Any], names: list[str], prefix: str | None = None) -> OneHot:
    """Columns that are one target because a person or their names say so."""
    marks = {_mark(columns[name]) for name in names}
    mark = marks.pop() if len(marks) == 1 else None
    ones = pl.DataFrame([_plain(columns[name]).is_in(_YES).fill_null(False) for name in names])
    total = ones.sum_horizontal()
    known = total if mark is not None else total.filter(columns[names[0]].is_not_null())
    return OneHot(names, prefix, bool((known == 1).all()), mark)


_YES = [word for word, holds in MARKS.items() if holds]


def is_marked(cells: Any) -> bool:
    """Whether the column holds 0 and 1, or words for them, or one mark beside empty cells, and nothing else."""
    words = _words(cells)
    yes = words & set(_YES)
    return bool(words) and words <= MARKS.keys() and len(yes) <= 1 and len(words - yes) <= 1


def _mark(cells: pl.Series) -> str | None:
    """What stands where a label holds, of a column that is empty where it does not; else None."""
    words = _words(cells)
    return next(iter(words)) if words <= set(_YES) and cells.null_count() else None


def _words(cells: Any) -> set[str]:
    return set(_plain(cells).drop_nulls().unique().to_list()) if isinstance(cells, pl.Series) else set()


def _plain(cells: pl.Series) -> pl.Series:
    return cells.cast(pl.String).str.to_lowercase().str.replace(r"\.0+$", "")


def make_multilabel(plan: Plan, group: OneHot, reason: str) -> None:
    """Decide that the columns are one target of several labels."""
    first, *others = group.columns
    warning = "each row has exactly one: one column of their names would be a classification" if group.exclusive else ""
    shown = f"{reason}; {group.description}{plan.profiles[first].unlabelled if group.mark is None else ''}"
    options = {"empty_is_no": True} if group.mark is not None else {}
    more = {"others": others, "name": group.prefix or "labels", "arguments": options}
    plan.decide(first, "task", "multilabel", shown, warning=warning, **more)
    for name in others:
        plan.decide(name, "merged", reason=f"a label of the task that `{first}` begins")
