"""What becomes of the columns that are no targets: texts, numbers, categories, or nothing."""

from __future__ import annotations

import polars as pl

from mmfusion.data.decode.text_tokens import split_text
from mmfusion.data.table.whole_numbers import rounded
from mmfusion.runs.inspect.columns.separators import labels_of
from mmfusion.runs.inspect.columns.similar_names import similar_message
from mmfusion.runs.inspect.plan import Plan
from mmfusion.runs.inspect.roles.leak_columns import leaks_of_leaks, why_leak


def decide_texts(plan: Plan, targets: frozenset[str]) -> None:
    """Free texts are modalities; of several versions of one text, the first."""
    taken: list[str] = []
    for name in plan.open(targets):
        stats = plan.profiles[name]
        if not stats.is_text:
            continue
        source = next((other for other in taken if _made_from(plan.columns[name], plan.columns[other])), None)
        if source is None:
            taken.append(name)
            plan.decide(name, "modality", "text", stats.text_reason, arguments=stats.text_arguments)
        else:
            why = f"another version of `{source}`: nearly all its words are in that cell of the same row"
            plan.ignore(name, why, f"to train on it, take it instead of `{source}`")


def decide_inputs(plan: Plan) -> None:
    """What is still open is the input of a table, unless it gives a target away; a requested one is warned of."""
    requested = [d.column for d in plan.of("modality", "tabular") if d.requested]
    leaks = {name: why for name in requested if (why := why_leak(plan, name)) is not None}
    for name in plan.open():
        stats = plan.profiles[name]
        if stats.lists and stats.numbers == 1:
            plan.decide(name, "modality", "features", f"lists of {stats.list_length or 'several'} numbers")
        elif stats.lists or stats.labels:
            plan.ignore(name, "lists of words that are no target")
        elif (why := why_leak(plan, name)) is not None:
            leaks[name] = why
        else:
            numeric = stats.is_number and stats.distinct > 2
            levels = f"{stats.distinct} levels" if stats.distinct > 1 else f"{stats.examples[0]!r} or empty"
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
        if plan.profiles[name].lists:
            continue
        names = plan.columns[name].drop_nulls().unique().cast(str).to_list()
        what = "classes" if decision.role == "task" else "levels"
        if (alike := similar_message(labels_of(names, lists) if lists else names, what)) is not None:
            plan.warn(name, alike)


def _made_from(cells: pl.Series, other: pl.Series) -> bool:
    """Whether at least 95 of 100 words stand in the other text of the same row (in a sample of rows)."""
    frame = pl.DataFrame({"a": cells, "b": other}).drop_nulls().head(1000)
    mine, theirs = ([split_text(text.lower(), "words") for text in frame[column].to_list()] for column in ("a", "b"))
    total = sum(map(len, mine))
    shared = sum(word in set(b) for a, b in zip(mine, theirs, strict=True) for word in a)
    return total > 0 and shared >= 0.95 * total
