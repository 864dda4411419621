"""What becomes of the columns that are no targets."""

from __future__ import annotations

from mmfusion.data.table.whole_numbers import rounded
from mmfusion.runs.inspect.columns.separators import labels_of
from mmfusion.runs.inspect.columns.similar_names import similar_message
from mmfusion.runs.inspect.plan import Plan
from mmfusion.runs.inspect.roles.leak_columns import leaks_of_leaks, why_leak


def decide_inputs(plan: Plan) -> None:
    """What is still open is the input of a table, unless it gives a target away; a requested one is warned of."""
    requested = [d.column for d in plan.of("modality", "tabular") if d.requested]
    leaks = {name: why for name in requested if (why := why_leak(plan, name)) is not None}
    for name in plan.open():
        found = plan.profiles[name]
        if found.lists and found.numbers == 1:
            plan.decide(name, "modality", "features", f"lists of {found.list_length or 'several'} numbers")
        elif found.lists or found.labels:
            plan.ignore(name, "lists of words that are no target")
        elif (why := why_leak(plan, name)) is not None:
            leaks[name] = why
        else:
            numeric = found.is_number and found.distinct > 2
            levels = f"{found.distinct} levels" if found.distinct > 1 else f"{found.examples[0]!r} or empty"
            why = f"{'a number' if numeric else levels}, and not a target"
            plan.decide(name, "modality", "tabular", why, arguments={"numeric": numeric})
    leaks |= leaks_of_leaks(plan, leaks)
    for name, why in leaks.items():
        plan.ignore(name, f"{why}: a leak", "make it an input only if it is known beforehand")
    for decision in [*plan.of("modality", "tabular"), *plan.of("task", "regression")]:
        name = decision.column
        if plan.profiles[name].is_number and (why := rounded(plan.columns[name])) is not None:
            plan.warn(name, why)


def warn_of_similar_names(plan: Plan) -> None:
    """Say which classes, labels and levels look like spellings of one."""
    levels = [d for d in plan.of("modality", "tabular") if not d.arguments["numeric"]]
    for decision in [*plan.of("task", "classification", "multilabel"), *levels]:
        name, lists = decision.column, plan.profiles[decision.column].labels
        if not plan.is_series(name):
            continue
        names = plan.columns[name].drop_nulls().unique().cast(str).to_list()
        what = "classes" if decision.role == "task" else "levels"
        if (alike := similar_message(labels_of(names, lists) if lists else names, what)) is not None:
            plan.warn(name, alike)
