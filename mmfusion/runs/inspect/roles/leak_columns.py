"""Columns that give a target away: which open ones are left out for it, and what to say of the others."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

import polars as pl

from mmfusion.runs.inspect.columns.coded import Coded, counted, sample
from mmfusion.runs.inspect.leaks.partial import computed_from_two, gives_in_part
from mmfusion.runs.inspect.leaks.prediction import LABELS_COMPARED, contains_label, gives, relation
from mmfusion.runs.inspect.plan import ColumnDecision, Plan
from mmfusion.runs.inspect.roles.task_type import classes_of

NEVER = "never make it an input"

_RELATIONS = {
    "gives": "it alone gives {score} of the target `{target}`",
    "follows": "it follows from the target `{target}`, which alone gives {score} of it",
}


def relation_to(plan: Plan, name: str, target: str) -> str | None:
    """Why a column gives a target away, or is made from it; None if neither."""
    related = relation(plan.coded(name), plan.coded(target))
    return related and _RELATIONS[related[0]].format(score=related[1].words, target=target)


def why_leak(plan: Plan, name: str) -> str | None:
    """Why a column gives one of the targets away; None if it does not."""
    for task in _compared(plan):
        if task.kind == "multilabel" and (label := _label_given_away(plan, name, task.column)) is not None:
            return f"it alone says which rows of the target `{task.column}` hold {label!r}"
        if (why := _relation_or_part(plan, name, task.column)) is not None:
            return why
    return None


def leaks_of_leaks(plan: Plan, leaks: Mapping[str, str]) -> dict[str, str]:
    """Inputs that are made from a column which alone gives a target: the bins of its ranks, and so on."""
    reasons: dict[str, str] = {}
    for source in reversed([name for name, why in leaks.items() if why.startswith("it alone")]):
        for decision in plan.of("modality", "tabular"):
            name = decision.column
            if name not in reasons and name not in leaks and relation(plan.coded(name), plan.coded(source)):
                reasons[name] = f"it is another form of `{source}`, {leaks[source].replace('it alone', 'which alone')}"
    return reasons


def warn_of_leaks(plan: Plan) -> None:
    """Texts that say their label, media that are there for one label alone, tasks that give each other away, and
    ignored columns and groups that tell a target, so that nobody adds them as inputs.
    """
    tasks = _compared(plan)
    for first, second in combinations(tasks, 2):
        if (why := relation_to(plan, second.column, first.column)) is not None:
            plan.warn(second.column, f"{why}: one of the two tasks gives the other away")
    numbers = {d.column: plan.coded(d.column) for d in plan.of("modality", "tabular")}
    for task in tasks:
        target = plan.coded(task.column)
        pair = computed_from_two(numbers, target)
        if pair is not None:
            for name, partner in (pair[:2], pair[1::-1]):
                why = f"with `{partner}` it gives the target `{task.column}`, which is the {pair[2]} of the two"
                plan.warn(name, f"{why}: make them inputs only if both are known beforehand")
        for text in plan.of("modality", "text") if task.kind != "regression" else ():
            score = contains_label(plan.columns[text.column], plan.columns[task.column])
            if score.suspicious:
                plan.warn(text.column, f"{score.value:.0%} of its cells contain the name of their own `{task.column}`")
        for modality in plan.of("modality"):
            holes = plan.coded(modality.column).holes if modality.kind != "tabular" else None
            if holes is not None and (score := gives(holes, target)).suspicious:
                plan.warn(modality.column, f"whether it is there alone gives {score.words} of `{task.column}`")
        for other in [*plan.of("ignored"), *plan.of("group")]:
            stats = plan.profiles[other.column]
            if other.warning or stats.names_rows or stats.filled == 0 or stats.lists:
                continue
            if (why := _relation_or_part(plan, other.column, task.column)) is not None:
                plan.warn(other.column, f"{why}: {NEVER}")


def _compared(plan: Plan) -> list[ColumnDecision]:
    return [task for task in plan.of("task") if not plan.profiles[task.column].lists]


def _relation_or_part(plan: Plan, name: str, target: str) -> str | None:
    """Why a column gives a target away, or one of its classes, or some of its rows."""
    why = relation_to(plan, name, target)
    if why is None and (part := gives_in_part(plan.coded(name), plan.coded(target), f"the target `{target}`")):
        why = f"it {part}"
    return why


def _label_given_away(plan: Plan, name: str, target: str) -> str | None:
    """The first of the commonest labels of a `multilabel` target that a column alone tells of each row, if any."""
    lists = classes_of(plan, target)
    if lists.dtype != pl.List:
        return None
    for label in counted(lists.explode())["value"].head(LABELS_COMPARED):
        if gives(plan.coded(name), Coded.of(lists.list.contains(label).cast(pl.Int8), sample(plan.rows))).suspicious:
            return str(label)
    return None
