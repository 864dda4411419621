"""The column that says which split a row is in."""

from __future__ import annotations

from collections import Counter

import polars as pl

from mmfusion.data.table.decimals import is_text
from mmfusion.runs.inspect.columns.column_names import SPLIT_NAMES, SPLIT_VALUES, words
from mmfusion.runs.inspect.plan import Plan

_MOST = 20
_FOLD = r"(?i)^(fold|cv|k|f)?[\s_-]?\d+(\.0)?$"


def find_split(plan: Plan, targets: frozenset[str]) -> None:
    """The split column, if one looks like it: by its values; between several, by its name and by having all three."""
    splits: dict[str, dict[str, str]] = {}
    for name in plan.open(targets):
        cells = plan.columns[name]
        if plan.profiles[name].distinct > 5 or not is_text(cells):
            continue
        meaning = split_meaning(cells)
        if len(meaning) == plan.profiles[name].distinct and "train" in meaning.values() and len(meaning) > 1:
            splits[name] = meaning
    complete = {n: m for n, m in splits.items() if len(set(m.values())) == 3 and plan.profiles[n].filled == plan.rows}
    chosen = min(complete or splits, key=lambda n: (n.lower() != "split", words(n)[-1:] != ["split"], n), default=None)
    for name, meaning in splits.items():
        if name == chosen:
            take_split(plan, name, meaning, "its values are the names of splits")
        else:
            plan.ignore(name, f"another split; `{chosen}` is taken")


def other_splits(plan: Plan, targets: frozenset[str]) -> None:
    """Columns that are named like a split or a fold are no input and no target, whatever their values say."""
    for name in plan.open(targets):
        stats = plan.profiles[name]
        if not 2 <= stats.distinct <= _MOST or stats.lists:
            continue
        if not _is_named_like_one(name, plan.columns[name].cast(pl.String), is_there=bool(plan.splits)):
            continue
        values = ", ".join(map(str, stats.examples))
        reason = (
            "named like a split, and another column is the split"
            if plan.splits
            else f"named like a split, but its values ({values}) are no names of splits: say what they mean by "
            f"data.split.ratio=null data.split.column={name} data.split.train=… .val=… .test=…, or train by folds with "
            f"data.split.ratio=null data.split.folds=groups data.split.group={name}"
        )
        plan.ignore(name, reason)


def _is_named_like_one(name: str, cells: pl.Series, *, is_there: bool) -> bool:
    parts, present = words(name), cells.drop_nulls()
    last = parts[-1] if parts else ""
    if last in ("split", "partition") or any(word in name for word in ("划分", "数据集")):
        return True
    if last in ("fold", "kfold", "folds"):
        return bool(present.str.contains(_FOLD).all())
    flags = {spelling for spellings in SPLIT_VALUES.values() for spelling in spellings}
    if len(parts) > 1 and parts[0] in ("is", "in") and last in flags:
        return present.n_unique() == 2
    return len(parts) == 1 and last in SPLIT_NAMES and (is_there or len(set(split_meaning(present).values())) > 1)


def split_meaning(cells: pl.Series) -> dict[str, str]:
    """Those of a column's values that name splits, and the split that each means."""
    return {
        value: split
        for value in cells.drop_nulls().unique(maintain_order=True).to_list()
        for split, spellings in SPLIT_VALUES.items()
        if str(value).lower() in spellings
    }


def take_split(plan: Plan, name: str, meaning: dict[str, str], reason: str) -> None:
    """Decide that a column is the split."""
    plan.splits = meaning
    counts = Counter(meaning.get(value, "empty") for value in plan.columns[name].to_list())
    shares = ", ".join(f"{split} {count}" for split, count in counts.items())
    lacking = [split for split in ("train", "val", "test") if split not in counts]
    warning = f"no rows for {' and '.join(lacking)}" if lacking else ""
    warning = f"{counts['empty']} rows without a split will be refused" if counts["empty"] else warning
    plan.decide(name, "split", reason=f"{reason}: {shares}", warning=warning)
