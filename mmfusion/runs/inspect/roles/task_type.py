"""A target column as a task: its type, its options, what speaks for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from mmfusion.runs.inspect.columns.counts import counted
from mmfusion.runs.inspect.columns.profile import Profile
from mmfusion.runs.inspect.columns.separators import CLEAR, UNCLEAR, labels_of
from mmfusion.runs.inspect.columns.similar_names import visible
from mmfusion.runs.inspect.leaks.partial import gives_in_part
from mmfusion.runs.inspect.leaks.prediction import LABELS_COMPARED, NOTHING, Looked, Score, follows, gives, sample
from mmfusion.runs.inspect.plan import Plan

PAIRS = ({"no", "yes"}, {"false", "true"}, {"0", "1"}, {"n", "y"}, {"negative", "positive"}, {"-1", "1"})
"""Two labels of which it is known which one is positive (as in the task `binary`)."""

_LISTED_CLASSES = 200


def task_type(plan: Plan, columns: Mapping[str, Any], name: str) -> tuple[str, dict[str, Any], str]:
    """The task for a column: its type, its options, and what speaks for it."""
    found, told = plan.profiles[name], plan.given.kinds.get(name)
    if told is not None:
        separator = _separator(columns[name], found) if told == "multilabel" else None
        return told, {} if separator in (None, ";") else {"separator": separator}, _shown(found)
    if found.lists:
        return "multilabel", {}, "several labels in a cell"
    if found.labels:
        separator = found.labels.separator
        said = f"{found.labels.labels} labels, several in a cell, " + (
            "as lists in brackets" if separator is None else f"parted by {separator!r}"
        )
        return "multilabel", {} if separator in (None, ";") else {"separator": separator}, said
    if found.is_number and not found.is_category:
        return "regression", {}, f"numbers, {found.distinct} different"
    values = {str(value).lower().removesuffix(".0") for value in columns[name].drop_nulls().unique().to_list()}
    if values in PAIRS:
        return "binary", {}, " and ".join(sorted(values))
    numbers = "; a regression if their order matters" if found.is_number else ""
    return "classification", {}, f"{found.distinct} classes: {_shown(found)}{numbers}"


def make_task(plan: Plan, columns: Mapping[str, Any], name: str, reason: str) -> None:
    """Decide that a column is a target."""
    kind, options, said = task_type(plan, columns, name)
    warning = _unseen(plan, columns, name, options) if kind in ("classification", "multilabel") else ""
    found = plan.profiles[name]
    if found.vectors:
        warning = (
            f"several numbers in a cell ({found.examples[0][:40]!r}) are no list of labels; write a column for each"
        )
    empty = found.rows - found.filled
    holes = f"; {empty / found.rows:.0%} of rows have none" if empty else ""
    plan.decide(name, "task", kind, f"{reason}; {said}{holes}", warning=warning, arguments=options)


def tells(plan: Plan, columns: Mapping[str, Any], feature: str, target: str) -> Score:
    """How well one column alone predicts a target."""
    return gives(plan.look(columns, feature), plan.look(columns, target))


def made_from(plan: Plan, columns: Mapping[str, Any], feature: str, target: str) -> Score:
    """How well a target alone predicts a column: that may be a threshold, a bin or a coarser form of it."""
    return follows(plan.look(columns, feature), plan.look(columns, target))


def relation(plan: Plan, columns: Mapping[str, Any], name: str, target: str) -> str | None:
    """Why a column gives a target away, or is made from it; None if neither."""
    there = tells(plan, columns, name, target)
    if there.suspicious:
        return f"it alone gives {there.words} of the target `{target}`"
    back = made_from(plan, columns, name, target)
    if back.suspicious:
        return f"it follows from the target `{target}`, which alone gives {back.words} of it"
    return None


def partial_relation(plan: Plan, columns: Mapping[str, Any], name: str, target: str) -> str | None:
    """Why a column gives one class of a target away, or some of its rows; None if neither."""
    why = gives_in_part(plan.look(columns, name), plan.look(columns, target), f"the target `{target}`")
    return why and f"it {why}"


def label_given_away(plan: Plan, columns: Mapping[str, Any], name: str, target: str) -> str | None:
    """The first of the commonest labels of a `multilabel` target that a column alone tells of each row, if any."""
    lists = _classes(plan, columns, target)
    if lists.dtype != pl.List:
        return None
    feature = plan.look(columns, name)
    for label in counted(lists.explode())["value"].head(LABELS_COMPARED):
        holds = Looked.at(lists.list.contains(label).cast(pl.Int8), sample(plan.rows))
        if gives(feature, holds).suspicious:
            return str(label)
    return None


def tells_holes(plan: Plan, columns: Mapping[str, Any], feature: str, target: str) -> Score:
    """How well one column alone predicts which rows have a label."""
    labelled = plan.look(columns, target).holes
    return NOTHING if labelled is None else gives(plan.look(columns, feature), labelled)


def _unseen(plan: Plan, columns: Mapping[str, Any], name: str, options: dict[str, Any]) -> str:
    """Classes that the training split lacks would be refused at set-up, so all are listed in the task's options."""
    split = plan.first("split")
    if split is None:
        return ""
    training = pl.Series(plan.training_rows(columns, split))
    frame = pl.DataFrame({"class": _classes(plan, columns, name), "train": training})
    frame = (frame.explode("class") if frame["class"].dtype == pl.List else frame).drop_nulls()
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


def _classes(plan: Plan, columns: Mapping[str, Any], name: str) -> pl.Series:
    """Each row's classes by the names that a task gives them: a list where a cell holds several labels."""
    cells, lists = columns[name], plan.profiles[name].labels
    if not isinstance(cells, pl.Series):
        return pl.Series([None if cell is None else list(map(str, cell)) for cell in cells], dtype=pl.List(pl.String))
    if lists is not None:
        found = {cell: sorted(labels_of([cell], lists)) for cell in cells.drop_nulls().unique().to_list()}
        return pl.Series([found.get(cell) for cell in cells.to_list()], dtype=pl.List(pl.String))
    text = cells.cast(pl.String)
    return text.str.replace(r"\.0$", "") if cells.dtype.is_float() else text


def _separator(cells: Any, found: Profile) -> str | None:
    """What parts a column's labels if there are several: found, or the likeliest sign that any of its cells holds."""
    if found.labels is not None or not isinstance(cells, pl.Series) or cells.dtype != pl.String:
        return found.labels.separator if found.labels else None
    return next((sign for sign in (*CLEAR, *UNCLEAR) if cells.str.contains(sign, literal=True).any()), None)


def _shown(found: Profile) -> str:
    """The commonest classes, between quotes where a comma or what cannot be seen would mislead."""
    names = [str(name) for name in found.examples]
    plain = all(visible(name) == f"'{name}'" and "," not in name for name in names)
    return ", ".join(names if plain else map(visible, names)) + (", …" if found.distinct > len(names) else "")
