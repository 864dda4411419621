"""Columns of free text."""

from __future__ import annotations

import polars as pl

from mmfusion.data.decode.text_tokens import split_text
from mmfusion.runs.inspect.plan import Plan


def decide_texts(plan: Plan, targets: frozenset[str]) -> None:
    """Free texts are modalities; of several versions of one text, the first."""
    taken: list[str] = []
    for name in plan.open(targets):
        found = plan.profiles[name]
        if not found.is_text:
            continue
        source = next((other for other in taken if _made_from(plan.columns[name], plan.columns[other])), None)
        if source is None:
            taken.append(name)
            plan.decide(name, "modality", "text", found.text_reason, arguments=found.text_arguments)
        else:
            why = f"another version of `{source}`: nearly all its words are in that cell of the same row"
            plan.ignore(name, why, f"to train on it, take it instead of `{source}`")


def _made_from(cells: pl.Series, other: pl.Series) -> bool:
    """Whether at least 95 of 100 words stand in the other text of the same row (in a sample of rows)."""
    frame = pl.DataFrame({"a": cells, "b": other}).drop_nulls().head(1000)
    mine, theirs = ([split_text(text.lower(), "words") for text in frame[column].to_list()] for column in ("a", "b"))
    total = sum(map(len, mine))
    shared = sum(word in set(b) for a, b in zip(mine, theirs, strict=True) for word in a)
    return total > 0 and shared >= 0.95 * total
