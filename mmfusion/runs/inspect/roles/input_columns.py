"""What becomes of the columns that are no targets, and what a person should know of them."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import Any

import polars as pl

from mmfusion.data.table.whole_numbers import rounded
from mmfusion.runs.inspect.leaks.computed import computed_from_two
from mmfusion.runs.inspect.leaks.prediction import gives, is_form_of, says_label
from mmfusion.runs.inspect.plan import Decision, Plan
from mmfusion.runs.inspect.roles.task_type import label_given_away, partial_relation, relation

NEVER = "never make it an input"


def inputs(plan: Plan, columns: Mapping[str, Any]) -> None:
    """What is still open is the input of a table, unless it gives a target away; one by hand is warned of."""
    told = [d.column for d in plan.of("modality", "tabular") if d.by_hand]
    leaks = {name: why for name in told if (why := _leak(plan, columns, name)) is not None}
    for name in plan.open():
        found = plan.profiles[name]
        if found.lists and found.numbers == 1:
            plan.decide(name, "modality", "features", f"lists of {found.list_length or 'several'} numbers")
        elif found.lists or found.labels:
            plan.decide(name, "ignored", reason="lists of words that are no target")
        elif (why := _leak(plan, columns, name)) is not None:
            leaks[name] = why
        elif found.is_number and found.distinct > 2:
            plan.decide(name, "modality", "tabular", "a number, and not a target", arguments={"numeric": True})
        else:
            levels = f"{found.distinct} levels" if found.distinct > 1 else f"{found.examples[0]!r} or empty"
            why = f"{levels}, and not a target"
            plan.decide(name, "modality", "tabular", why, arguments={"numeric": False})
    leaks |= _leaks_of_leaks(plan, columns, leaks)
    for name, why in leaks.items():
        plan.decide(name, "ignored", reason=f"{why}: a leak", warning="make it an input only if it is known beforehand")


def warn(plan: Plan, columns: Mapping[str, Any]) -> None:
    """Numbers that are rounded, texts that say their label, media that are there for one label alone, tasks that give
    each other away, and ignored columns and groups that tell a target, so that nobody adds them as inputs.
    """
    for numeric in [*plan.of("modality", "tabular"), *plan.of("task", "regression")]:
        if plan.profiles[numeric.column].is_number and (why := rounded(columns[numeric.column])) is not None:
            plan.warn(numeric.column, why)
    for first, second in combinations(_compared(plan, columns), 2):
        if (why := relation(plan, columns, second.column, first.column)) is not None:
            plan.warn(second.column, f"{why}: one of the two tasks gives the other away")
    numbers = {d.column: plan.look(columns, d.column) for d in plan.of("modality", "tabular")}
    for task in _compared(plan, columns):
        pair = computed_from_two(numbers, plan.look(columns, task.column))
        if pair is not None:
            for name, partner in (pair[:2], pair[1::-1]):
                why = f"with `{partner}` it gives the target `{task.column}`, which is the {pair[2]} of the two"
                plan.warn(name, f"{why}: make them inputs only if both are known beforehand")
        for text in plan.of("modality", "text"):
            score = says_label(columns[text.column], columns[task.column])
            if score.suspicious and task.kind != "regression":
                plan.warn(text.column, f"{score.value:.0%} of its cells contain the name of their own `{task.column}`")
        for modality in plan.of("modality"):
            holes = plan.look(columns, modality.column).holes if modality.kind != "tabular" else None
            if holes is not None and (score := gives(holes, plan.look(columns, task.column))).suspicious:
                plan.warn(modality.column, f"whether it is there alone gives {score.words} of `{task.column}`")
        for other in [*plan.of("ignored"), *plan.of("group")]:
            found = plan.profiles[other.column]
            is_id = found.is_unique and found.filled == found.rows
            if other.warning or is_id or found.filled == 0 or not isinstance(columns[other.column], pl.Series):
                continue
            for related in (relation, partial_relation):
                if (why := related(plan, columns, other.column, task.column)) is not None:
                    plan.warn(other.column, f"{why}: {NEVER}")
                    break


def _compared(plan: Plan, columns: Mapping[str, Any]) -> list[Decision]:
    return [task for task in plan.of("task") if isinstance(columns.get(task.column), pl.Series)]


def _leak(plan: Plan, columns: Mapping[str, Any], name: str) -> str | None:
    for task in _compared(plan, columns):
        if task.kind == "multilabel" and (label := label_given_away(plan, columns, name, task.column)) is not None:
            return f"it alone says which rows of the target `{task.column}` hold {label!r}"
        for related in (relation, partial_relation):
            if (why := related(plan, columns, name, task.column)) is not None:
                return why
    return None


def _leaks_of_leaks(plan: Plan, columns: Mapping[str, Any], leaks: Mapping[str, str]) -> dict[str, str]:
    """Inputs that are made from a column which alone gives a target: the bins of its ranks, and so on."""
    found: dict[str, str] = {}
    sources = [name for name, why in leaks.items() if why.startswith("it alone")]
    while sources:
        source = sources.pop()
        for decision in plan.of("modality", "tabular"):
            name = decision.column
            if name in found or name in leaks:
                continue
            if is_form_of(plan.look(columns, name), plan.look(columns, source)):
                found[name] = f"it is another form of `{source}`, {leaks[source].replace('it alone', 'which alone')}"
    return found
