"""The first look at a table: ids, splits and media; then what the other columns hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from mmfusion.data.decode.paths import Place
from mmfusion.data.table.header import Unnamed
from mmfusion.runs.inspect.columns.column_names import ID, LABEL, named, words
from mmfusion.runs.inspect.columns.profile import profile
from mmfusion.runs.inspect.columns.spelling import is_date
from mmfusion.runs.inspect.plan import Plan
from mmfusion.runs.inspect.requested import Given
from mmfusion.runs.inspect.roles.media_columns import find_media
from mmfusion.runs.inspect.roles.requested_columns import by_hand
from mmfusion.runs.inspect.roles.split_column import find_split, other_splits
from mmfusion.runs.inspect.roles.text_columns import dates, groups_and_rest, texts

_NUMBERS = 0.9
"""Share of numbers from which on different values measure something and name no rows."""

_TARGETS = "to predict them, write a column for each"
_VECTORS = "write a column for each, or a table whose cells can be lists (JSONL, Parquet), or a .npy file for each row"


def start(
    file: str,
    columns: Mapping[str, Any],
    root: Place,
    tasks: Sequence[str] = (),
    ignore: Sequence[str] = (),
    unreadable: Mapping[str, str] | None = None,
    **by: Any,
) -> Plan:
    """Decide everything that does not depend on what is predicted: ids, splits, media, texts, groups.

    Columns that may be targets or tabular inputs stay `open`; `roles.target_columns.finish` decides them.

    Args:
        file: the table's name.
        columns: column to its cells.
        root: where media lie.
        tasks: columns to predict.
        ignore: columns to leave out.
        unreadable: columns that cannot be read, and why.
        by: what else a person says of columns, as in `Given`.

    Raises:
        DataError: what a person says names a column that is not there, or contradicts itself.
    """
    given = Given(tasks, ignore, **by)
    given.check(file, columns)
    profiles = {name: profile(name, cells) for name, cells in columns.items()}
    plan = Plan(file, max((p.rows for p in profiles.values()), default=0), profiles, {}, given=given)
    for name in profiles:
        plan.decide(name, "open")
    by_hand(plan, columns, root)
    for name, why in (unreadable or {}).items():
        if plan.decisions[name].by_hand and plan.decisions[name].role == "modality":
            plan.warn(name, why)
    fixed = frozenset(given.targets())
    for name in plan.open(fixed):
        found = profiles[name]
        if unreadable and name in unreadable:
            plan.decide(name, "ignored", reason=unreadable[name])
        elif isinstance(name, Unnamed):
            plan.decide(name, "ignored", reason="it has no name in the file")
        elif found.filled == 0:
            plan.decide(name, "ignored", reason="empty in every row")
        elif found.lists and found.distinct == 0:
            plan.decide(name, "ignored", reason="an empty list in every row")
        elif found.lists and found.vectors and named(name, LABEL):
            plan.decide(name, "ignored", reason=f"several numbers in a cell ({found.examples[0][:40]!r}); {_TARGETS}")
        elif not found.lists and found.vectors and (found.hot or not found.is_category):
            plan.decide(name, "ignored", reason=f"several numbers in a cell ({found.examples[0][:40]!r}); {_VECTORS}")
        elif found.distinct == 1 and found.filled == found.rows:
            plan.decide(name, "ignored", reason=f"the same in every row: {found.examples[0]!r}")
    if not given.splits:
        find_split(plan, columns, fixed)
    other_splits(plan, columns, fixed)
    for name in plan.open(fixed):
        find_media(plan, columns, name, root)
    _ids(plan, columns, fixed)
    dates(plan, columns, fixed)
    texts(plan, columns, fixed)
    groups_and_rest(plan, columns, fixed)
    return plan


def _ids(plan: Plan, columns: Mapping[str, Any], fixed: frozenset[str]) -> None:
    """One column that names the rows; the left-most of those with the likeliest names."""
    unique = [n for n in plan.open(fixed) if plan.profiles[n].is_unique and plan.profiles[n].filled == plan.rows]
    counting = [n for n in unique if _counts_rows(columns[n])]
    likely = [n for n in unique if named(n, ID) or not words(n)]
    named_rows = [n for n in unique if not (plan.profiles[n].numbers > _NUMBERS or plan.profiles[n].is_text)]
    by_name = sorted(likely, key=lambda n: (words(n)[-1:] != ["id"], len(words(n))))
    chosen = next(iter([*by_name, *named_rows, *counting]), None)
    for name in dict.fromkeys([*likely, *named_rows, *counting]):
        if name == chosen:
            why = " and named like an id" if name in likely else ""
            plan.decide(name, "id", reason=f"different in every row{why}")
        elif not is_date(columns[name]):
            plan.decide(name, "ignored", reason="different in every row, so nothing can be learned from it")


def _counts_rows(cells: Any) -> bool:
    """Whether the cells are 0, 1, 2, … or 1, 2, 3, … in the order of the file."""
    if not isinstance(cells, pl.Series):
        return False
    numbers = cells.cast(pl.Float64, strict=False)
    return numbers.null_count() == 0 and numbers[0] in (0, 1) and bool((numbers.diff().drop_nulls() == 1).all())
