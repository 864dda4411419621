"""A target column as a task: its type, its options, what speaks for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from mmfusion.data.inspect.contents import parts
from mmfusion.data.inspect.leaks import Score, alone
from mmfusion.data.inspect.plan import Plan

PAIRS = ({"no", "yes"}, {"false", "true"}, {"0", "1"}, {"n", "y"}, {"negative", "positive"}, {"-1", "1"})
"""Two labels of which it is known which one is positive (as in the task `binary`)."""

_LISTED_CLASSES = 200


def task_type(plan: Plan, columns: Mapping[str, Any], name: str) -> tuple[str, dict[str, Any], str]:
    """The task for a column: its type, its options, and what speaks for it."""
    found, separator = plan.profiles[name], parts(columns[name])
    if found.lists or (separator and (separator != "," or not found.is_category)):
        options = {"separator": separator} if separator and separator != ";" else {}
        return "multilabel", options, "several labels in a cell"
    if found.is_number and not found.is_category:
        return "regression", {}, f"numbers, {found.distinct} different"
    values = {str(value).lower() for value in columns[name].drop_nulls().unique().to_list()}
    if values in PAIRS:
        return "binary", {}, " and ".join(sorted(values))
    shown = ", ".join(map(str, found.examples)) + (", …" if found.distinct > len(found.examples) else "")
    numbers = "; a regression if their order matters" if found.is_number else ""
    return "classification", {}, f"{found.distinct} classes: {shown}{numbers}"


def make_task(plan: Plan, columns: Mapping[str, Any], name: str, reason: str) -> None:
    """Decide that a column is a target."""
    kind, options, said = task_type(plan, columns, name)
    warning = _unseen(plan, columns, name, options) if kind == "classification" else ""
    found = plan.profiles[name]
    empty = found.rows - found.filled
    holes = f"; {empty / found.rows:.0%} of rows have none" if empty else ""
    plan.decide(name, "task", kind, f"{reason}; {said}{holes}", warning=warning, arguments=options)


def tells(plan: Plan, columns: Mapping[str, Any], feature: str, target: str) -> Score:
    """How well one column alone predicts a target, on rows it was not fitted on."""
    regression = task_type(plan, columns, target)[0] == "regression"
    return alone(columns[feature], columns[target], plan.fit_rows(columns), regression)


def tells_holes(plan: Plan, columns: Mapping[str, Any], feature: str, target: str) -> Score:
    """How well one column alone predicts which rows have a label."""
    labelled = pl.Series([cell is not None for cell in columns[target]])
    return alone(columns[feature], labelled, plan.fit_rows(columns), regression=False)


def _unseen(plan: Plan, columns: Mapping[str, Any], name: str, options: dict[str, Any]) -> str:
    """Classes that the training split lacks would be refused at set-up, so all are listed in the task's options."""
    split = plan.first("split")
    if split is None:
        return ""
    training = pl.Series(plan.fit_rows(columns))
    frame = pl.DataFrame({"class": columns[name].cast(pl.String), "train": training}).drop_nulls()
    seen = frame.filter("train")["class"].unique()
    unseen = frame.filter(~pl.col("class").is_in(seen.implode()))["class"]
    if not len(unseen):
        return ""
    rows = f"{len(unseen)} rows outside training hold classes that training lacks ({unseen[0]!r}, …)"
    if plan.profiles[name].distinct > _LISTED_CLASSES:
        return f"{rows}: they will be refused"
    options["classes"] = sorted(frame["class"].unique().to_list())
    return f"{rows}; all classes are listed in the task's `classes`"
