"""What a table's `data.split` means, as far as that needs no table: whether it can be meant, and what it promises."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from mmfusion.config.errors import ConfigError
from mmfusion.config.mismatches import mismatches, report
from mmfusion.config.names import MANIFEST
from mmfusion.config.schema import config_schema

SPLITS = ("train", "val", "test")
GROUPS = "groups"
"""`data.split.folds=groups`: each group is a fold."""
VAL_SHARE = 0.1
"""What `folds` takes out of the training rows for validation, where `from_train` does not say."""


def check_split(split: Mapping[str, Any]) -> None:
    """Refuse a `split` that means nothing or two things.

    Raises:
        ConfigError: an unknown key, none or several of `column`, `ratio` and `folds` (`column` and `folds` go
            together), shares that do not sum to 1, a fold that there is not, a value that is given to two splits.
    """
    report(mismatches("data.split", split, config_schema()["$defs"][MANIFEST]["properties"]["split"]))
    column, ratio, folds = (split.get(name) for name in ("column", "ratio", "folds"))
    if ratio is not None and folds is not None:
        raise ConfigError(
            f"data.split: expected either `ratio` or `folds`, found both (ratio={dict(ratio)}, folds={folds}); set "
            "data.split.ratio=null for folds, or data.split.folds=null for one split by ratio"
        )
    if folds is None and (column is None) == (ratio is None):
        found = "neither" if column is None else f"both (column={column!r}, ratio={dict(ratio or {})})"
        raise ConfigError(
            f"data.split: expected either `column` or `ratio`, found {found}; a split by ratio is "
            "data.split.column=null 'data.split.ratio={train: 0.8, val: 0.1, test: 0.1}', one by folds is "
            "data.split.column=null data.split.ratio=null data.split.folds=5"
        )
    if ratio is not None:
        _check_ratio(split, ratio)
        return
    if column is not None:
        split_values(split)
    taken = split.get("from_train") or {}
    if math.fsum(taken.values()) >= 1:
        raise ConfigError(f"data.split.from_train: expected shares that leave rows to train on, found {dict(taken)}")
    if folds is not None:
        _check_folds(split, taken)
    elif split.get("fold"):
        raise ConfigError(f"data.split.fold: expected data.split.folds beside it (5, say), found fold={split['fold']}")
    for name in taken:
        if column is not None and split.get(name) is not None:
            raise ConfigError(
                f"data.split.from_train.{name}: {name} is {split[name]!r} in the column already; set "
                f"data.split.{name}=null to take it from the training rows instead"
            )


def validates(split: Mapping[str, Any]) -> bool:
    """Whether a split that is in order has validation rows."""
    taken = split.get("from_train") or {}
    wanted = split.get("val", "val") is not None
    if split.get("ratio") is not None:
        return wanted and bool(split["ratio"].get("val"))
    if split.get("column") is not None:
        return split.get("folds") is not None or split.get("val") is not None or bool(taken.get("val"))
    return bool(taken["val"]) if "val" in taken else wanted


def shares_of(split: Mapping[str, Any]) -> dict[str, float]:
    """The shares of a split by `ratio`, those of nothing left out; with `val: null` training has validation's."""
    shares = {name: float(share) for name, share in split["ratio"].items() if share}
    if not validates(split) and "val" in shares:
        shares["train"] = shares.get("train", 0.0) + shares.pop("val")
    return shares


def split_values(split: Mapping[str, Any]) -> dict[str, str]:
    """A column's value, spelt as `spelt` does, to the split it stands for.

    Raises:
        ConfigError: there is none, or one stands for two splits.
    """
    values: dict[str, str] = {}
    for name in SPLITS:
        given = split.get(name)
        for value in given if isinstance(given, Sequence) and not isinstance(given, str) else [given]:
            if value is None:
                continue
            if spelt(value) in values:
                raise ConfigError(f"data.split: {value!r} stands for both {values[spelt(value)]} and {name}")
            values[spelt(value)] = name
    if not values:
        raise ConfigError(f"data.split: expected the column's values of {', '.join(SPLITS)}, found none")
    return values


def spelt(value: Any) -> str:
    """A value as text; true and false have one spelling, which YAML, a CSV and Parquet each write in their own way."""
    text = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
    return text.lower() if text.lower() in ("true", "false") else text


def _check_ratio(split: Mapping[str, Any], ratio: Mapping[str, Any]) -> None:
    total = math.fsum(ratio.values())
    if not math.isclose(total, 1, abs_tol=1e-6):
        raise ConfigError(f"data.split.ratio: expected shares that sum to 1, found {dict(ratio)} with sum {total:g}")
    if split.get("from_train"):
        raise ConfigError(
            f"data.split.from_train: expected null beside `ratio`, which gives every split its share, found "
            f"{dict(split['from_train'])}"
        )
    if split.get("fold"):
        raise ConfigError(
            f"data.split.fold: expected folds beside it, found fold={split['fold']} and a ratio; folds are "
            "data.split.ratio=null data.split.folds=5"
        )


def _check_folds(split: Mapping[str, Any], taken: Mapping[str, Any]) -> None:
    folds, fold = split["folds"], split.get("fold") or 0
    if folds == GROUPS:
        if split.get("group") is None:
            raise ConfigError(f"data.split.folds={GROUPS}: expected data.split.group, the column whose groups they are")
    elif fold >= folds:
        raise ConfigError(f"data.split.fold: expected 0 to {folds - 1} (data.split.folds={folds}), found {fold}")
    if split.get("column") is not None:
        if split.get("test") is None and not taken.get("test"):
            raise ConfigError(
                f"data.split.folds={folds}: with a column its test rows are the test of every fold, and "
                "data.split.test is null; name its value, or set data.split.column=null to test each fold in turn"
            )
        if "val" in taken:
            raise ConfigError(
                f"data.split.from_train.val: with a column and folds, fold {fold} is the validation; leave it out"
            )
    elif taken.get("test"):
        raise ConfigError(f"data.split.from_train.test: with folds, fold {fold} is the test; leave it out")
