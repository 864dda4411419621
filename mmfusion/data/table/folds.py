"""Cross-validation: the rows in folds, of which one is held out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mmfusion.config.split_rules import GROUPS, VAL_SHARE, validates
from mmfusion.data.errors import DataError
from mmfusion.data.table.split import groups_of, split_at_ratio, take_from_train
from mmfusion.data.table.table import Table


def split_by_folds(table: Table, split: Mapping[str, Any], fixed: Sequence[str] | None = None) -> list[str]:
    """Each row's split where fold `split["fold"]` is held out.

    The fold is the test, and of the rest `from_train.val` (by default a tenth) is the validation. Where a column has
    fixed the test, the other rows are in folds, and the fold is the validation.
    """
    names, fold_of = folds_of(table, split, fixed)
    held = int(split.get("fold") or 0)
    if held >= len(names):
        there = f"0 to {len(names) - 1} ({', '.join(names)})"
        raise DataError(f"data.split.fold: expected {there}, found {held}")
    result = [""] * len(table) if fixed is None else list(fixed)
    for index, fold in fold_of.items():
        result[index] = "train" if fold != held else "test" if fixed is None else "val"
    if fixed is not None or not validates(split):
        return result
    taken = {"val": VAL_SHARE, **(split.get("from_train") or {})}
    return take_from_train(result, table, {**split, "from_train": taken})


def folds_of(
    table: Table, split: Mapping[str, Any], fixed: Sequence[str] | None = None
) -> tuple[list[str], dict[int, int]]:
    """The folds' names (numbers from 0, or groups), and the place of each row's fold among them, of rows in folds."""
    inside = [index for index in range(len(table)) if fixed is None or fixed[index] != "test"]
    names, folds = _in_folds(table.take(inside), split)
    return names, dict(zip(inside, folds, strict=True))


def _in_folds(table: Table, split: Mapping[str, Any]) -> tuple[list[str], list[int]]:
    """The folds' names, and each row's fold."""
    groups = None if split.get("group") is None else groups_of(table, split["group"])
    if split["folds"] == GROUPS:
        assert groups is not None, "the check lets no `groups` through without a group"
        names = sorted(set(groups))
        if len(names) < 2:
            column = f"{table.name}, column {split['group']!r}"
            raise DataError(f"{column}: expected at least 2 groups to make folds of, found 1")
        place = {name: number for number, name in enumerate(names)}
        return names, [place[name] for name in groups]
    count = int(split["folds"])
    there, what = (len(table), "rows") if groups is None else (len(set(groups)), f"groups in column {split['group']!r}")
    if there < count:
        raise DataError(
            f"data.split.folds: {table.name} has {there} {what}, too few for {count} folds; expected 2 to {there}"
        )
    names = [str(fold) for fold in range(count)]
    return names, [int(name) for name in split_at_ratio(table, split, dict.fromkeys(names, 1 / count))]
