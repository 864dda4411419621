"""What columns hold that are neither ids nor splits nor media: texts, groups, dates, lists of labels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from mmfusion.data.decode.text_tokens import split_text
from mmfusion.data.errors import shorten
from mmfusion.runs.inspect.columns.profile import Profile
from mmfusion.runs.inspect.columns.separators import labels_of
from mmfusion.runs.inspect.columns.similar_names import similar_message
from mmfusion.runs.inspect.columns.spelling import is_date
from mmfusion.runs.inspect.groups.group_column import decide_groups
from mmfusion.runs.inspect.plan import Plan
from mmfusion.runs.inspect.roles.one_hot import one_hot


def texts(plan: Plan, columns: Mapping[str, Any], fixed: frozenset[str]) -> None:
    """Free texts are modalities; of several versions of one text, the first."""
    taken: list[str] = []
    for name in plan.open(fixed):
        found = plan.profiles[name]
        if not found.is_text:
            continue
        source = next((other for other in taken if _made_from(columns[name], columns[other])), None)
        if source is None:
            taken.append(name)
            plan.decide(name, "modality", "text", found.text_reason, arguments=found.text_arguments)
        else:
            why = f"another version of `{source}`: nearly all its words are in that cell of the same row"
            plan.decide(name, "ignored", reason=why, warning=f"to train on it, take it instead of `{source}`")


_NUMBERS = 0.5
"""Share of numbers from which on a column that is neither classes nor text is said to be one of numbers."""


def dates(plan: Plan, columns: Mapping[str, Any], fixed: frozenset[str]) -> None:
    """Dates and times are no input; one that has a time of day is no text of two words."""
    for name in plan.open(fixed):
        if is_date(columns[name]):
            plan.decide(name, "ignored", reason="dates or times; to use them, write numbers (of days, of seconds)")


def groups_and_rest(plan: Plan, columns: Mapping[str, Any], fixed: frozenset[str]) -> None:
    """Groups, and columns that are neither categories nor numbers nor lists; the rest stays open."""
    decide_groups(plan, columns, fixed)
    marked = {name for group in one_hot(plan, columns) if group.mark is not None for name in group.columns}
    for name in plan.open(fixed):
        found = plan.profiles[name]
        is_usable = found.is_category or found.is_number or found.lists or found.labels
        if name not in marked and (not is_usable or found.distinct == 1):
            plan.decide(name, "ignored", reason=_neither(found))


def _neither(found: Profile) -> str:
    """Why a column is neither classes nor free text."""
    if found.distinct == 1:
        return f"{found.examples[0]!r} or empty; if empty means no, write a word for it there"
    if found.numbers >= _NUMBERS:
        return (
            f"{found.numbers:.1%} of its cells are numbers, and others are not, such as {shorten(found.odd)}; mend "
            "those or leave them empty"
        )
    once = f", {found.once} of them once" if found.once else ""
    return f"{found.distinct} different values in {found.filled} rows{once}: neither classes nor free text"


def warn_similar(plan: Plan, columns: Mapping[str, Any]) -> None:
    """Say which classes, labels and levels look like spellings of one."""
    levels = [d for d in plan.of("modality", "tabular") if not d.arguments["numeric"]]
    for decision in [*plan.of("task", "classification", "multilabel"), *levels]:
        cells, lists = columns[decision.column], plan.profiles[decision.column].labels
        if not isinstance(cells, pl.Series):
            continue
        names = cells.drop_nulls().unique().cast(pl.String).to_list()
        what = "classes" if decision.role == "task" else "levels"
        alike = similar_message(labels_of(names, lists) if lists else names, what)
        if alike is not None:
            plan.warn(decision.column, alike)


def _made_from(cells: pl.Series, other: pl.Series) -> bool:
    """Whether at least 95 of 100 words stand in the other text of the same row (in a sample of rows)."""
    frame = pl.DataFrame({"a": cells, "b": other}).drop_nulls().head(1000)
    mine, theirs = ([split_text(text.lower(), "words") for text in frame[column].to_list()] for column in ("a", "b"))
    total = sum(map(len, mine))
    shared = sum(word in set(b) for a, b in zip(mine, theirs, strict=True) for word in a)
    return total > 0 and shared >= 0.95 * total
