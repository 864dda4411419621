"""A target column as a task: its type, its options, and why it is that."""

from __future__ import annotations

from typing import Any

import polars as pl

from mmfusion.label_lists import KNOWN_PAIRS
from mmfusion.runs.inspect.columns.profile import Profile
from mmfusion.runs.inspect.columns.separators import CLEAR, UNCLEAR, labels_of
from mmfusion.runs.inspect.columns.similar_names import visible
from mmfusion.runs.inspect.plan import Plan

_LISTED_CLASSES = 200


def task_type(plan: Plan, name: str) -> tuple[str, dict[str, Any], str]:
    """The task for a column: its type, its options, and what speaks for it."""
    stats, requested = plan.profiles[name], plan.requested.kinds.get(name)
    if requested is not None:
        separator = _separator(plan.columns[name], stats) if requested == "multilabel" else None
        return requested, _options(separator), _examples(stats)
    if stats.lists:
        return "multilabel", {}, "several labels in a cell"
    if stats.labels:
        separator = stats.labels.separator
        parted = "as lists in brackets" if separator is None else f"parted by {separator!r}"
        return "multilabel", _options(separator), f"{stats.labels.labels} labels, several in a cell, {parted}"
    if stats.is_number and not stats.is_category:
        return "regression", {}, f"numbers, {stats.distinct} different"
    values = {str(value).lower().removesuffix(".0") for value in plan.columns[name].drop_nulls().unique().to_list()}
    if values in map(set, KNOWN_PAIRS):
        return "binary", {}, " and ".join(sorted(values))
    numbers = "; a regression if their order matters" if stats.is_number else ""
    return "classification", {}, f"{stats.distinct} classes: {_examples(stats)}{numbers}"


def make_task(plan: Plan, name: str, reason: str) -> None:
    """Decide that a column is a target."""
    stats = plan.profiles[name]
    kind, options, why = task_type(plan, name)
    warning = _unseen(plan, name, options) if kind in ("classification", "multilabel") else ""
    if stats.vectors:
        warning = (
            f"several numbers in a cell ({stats.examples[0][:40]!r}) are no list of labels; write a column for each"
        )
    plan.decide(name, "task", kind, f"{reason}; {why}{stats.unlabelled}", warning=warning, arguments=options)


def classes_of(plan: Plan, name: str) -> pl.Series:
    """Each row's classes by the names that a task gives them: a list where a cell holds several labels."""
    cells, lists = plan.columns[name], plan.profiles[name].labels
    if not isinstance(cells, pl.Series):
        return pl.Series([None if cell is None else list(map(str, cell)) for cell in cells], dtype=pl.List(pl.String))
    if lists is not None:
        labels = {cell: sorted(labels_of([cell], lists)) for cell in cells.drop_nulls().unique().to_list()}
        return pl.Series([labels.get(cell) for cell in cells.to_list()], dtype=pl.List(pl.String))
    text = cells.cast(pl.String)
    return text.str.replace(r"\.0$", "") if cells.dtype.is_float() else text


def _unseen(plan: Plan, name: str, options: dict[str, Any]) -> str:
    """Classes that the training split lacks would be refused at set-up, so all are listed in the task's options."""
    split = plan.first("split")
    if split is None:
        return ""
    training = [value for value, meaning in plan.splits.items() if meaning == "train"]
    frame = pl.DataFrame({"class": classes_of(plan, name), "train": plan.columns[split].is_in(training)})
    frame = (frame.explode("class") if frame["class"].dtype == pl.List else frame).drop_nulls("class")
    seen = frame.filter("train")["class"].unique()
    unseen = frame.filter(~pl.col("class").is_in(seen.implode()))["class"]
    if not len(unseen):
        return ""
    rows = f"{len(unseen)} rows outside training hold classes that training lacks ({visible(unseen[0])}, …)"
    every = sorted(frame["class"].unique().to_list())
    if len(every) > _LISTED_CLASSES:
        return f"{rows}: they will be refused"
    options["classes"] = every
    return f"{rows}; all classes are listed in the task's `classes`"


def _options(separator: str | None) -> dict[str, Any]:
    return {} if separator in (None, ";") else {"separator": separator}


def _separator(cells: Any, stats: Profile) -> str | None:
    """What parts a column's labels if there are several: found, or the likeliest sign that any of its cells holds."""
    if stats.labels is not None or not isinstance(cells, pl.Series) or cells.dtype != pl.String:
        return stats.labels.separator if stats.labels else None
    return next((sign for sign in (*CLEAR, *UNCLEAR) if cells.str.contains(sign, literal=True).any()), None)


def _examples(stats: Profile) -> str:
    """The commonest classes, between quotes where a comma or what cannot be seen would mislead."""
    names = [str(name) for name in stats.examples]
    plain = all(visible(name) == f"'{name}'" and "," not in name for name in names)
    return ", ".join(names if plain else map(visible, names)) + (", …" if stats.distinct > len(names) else "")
