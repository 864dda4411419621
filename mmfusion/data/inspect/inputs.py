"""What becomes of the columns that are no targets, and what a person should know of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from mmfusion.data.inspect.leaks import says_label
from mmfusion.data.inspect.plan import Plan
from mmfusion.data.inspect.tasks import tells


def inputs(plan: Plan, columns: Mapping[str, Any], same: float) -> None:
    """What is still open is the input of a table, unless it gives a target away."""
    tasks = [task.column for task in plan.of("task") if task.kind != "multilabel"]
    for name in plan.open():
        found = plan.profiles[name]
        if found.lists and found.numbers == 1:
            plan.decide(name, "modality", "features", f"lists of {found.list_length or 'several'} numbers")
            continue
        if found.lists:
            plan.decide(name, "ignored", reason="lists of words that are no target")
            continue
        scores = {task: tells(plan, columns, name, task) for task in tasks}
        gives = next((task for task, score in scores.items() if score.suspicious(same)), None)
        if gives is not None:
            why = f"it alone gives {scores[gives].value:.0%} of the target `{gives}` ({scores[gives].measure}): a leak"
            plan.decide(name, "ignored", reason=why, warning="make it an input only if it is known beforehand")
        elif found.is_number and found.distinct > 2:
            plan.decide(name, "modality", "tabular", "a number that is no target", arguments={"numeric": True})
        else:
            why = f"{found.distinct} levels, no target"
            plan.decide(name, "modality", "tabular", why, arguments={"numeric": False})


def warn(plan: Plan, columns: Mapping[str, Any], same: float) -> None:
    """Texts that say their label; ignored columns and groups that tell a target, so that nobody adds them as inputs."""
    for task in plan.of("task", "classification", "binary"):
        for text in plan.of("modality", "text"):
            score = says_label(columns[text.column], columns[task.column])
            if score.suspicious():
                plan.warn(text.column, f"{score.value:.0%} of its cells contain the name of their own `{task.column}`")
        for other in [*plan.of("ignored"), *plan.of("group")]:
            is_known = other.warning or plan.profiles[other.column].is_unique or plan.profiles[other.column].filled == 0
            if is_known or not isinstance(columns[other.column], pl.Series):
                continue
            score = tells(plan, columns, other.column, task.column)
            if score.suspicious(same):
                plan.warn(other.column, f"it alone gives {score.value:.0%} of `{task.column}`: never make it an input")
