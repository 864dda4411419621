"""Decisions that a person has made."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

import polars as pl

from mmfusion.data.decode.paths import Place
from mmfusion.data.errors import DataError
from mmfusion.runs.inspect.plan import Plan
from mmfusion.runs.inspect.requested import FILES, TABULAR
from mmfusion.runs.inspect.roles.media_columns import find_media
from mmfusion.runs.inspect.roles.split_column import split_meaning, take_split


def by_hand(plan: Plan, columns: Mapping[str, Any], root: Place) -> None:
    """Decide the columns that a person has named, but for those to predict.

    Raises:
        DataError: the values of the split's column name no splits; a column cannot be of its kind.
    """
    given = plan.given
    for name in given.ignore:
        plan.decide(name, "ignored", reason="as told (--ignore)")
    for name in given.groups:
        found = plan.profiles[name]
        plan.decide(name, "group", reason=f"as told (--group): {found.distinct} in {found.filled} rows")
    for name in given.splits:
        _split(plan, columns, name)
    for name in given.modalities():
        _modality(plan, columns, name, root)
        plan.decisions[name].reason = f"as told ({_option(plan, name)}); {plan.decisions[name].reason}"
    for decision in plan.decisions.values():
        decision.by_hand = decision.role != "open"


def _split(plan: Plan, columns: Mapping[str, Any], name: str) -> None:
    cells = columns[name]
    values = cells.drop_nulls().unique(maintain_order=True).to_list() if isinstance(cells, pl.Series) else []
    meaning = split_meaning(cells) if values else {}
    unknown = [value for value in values if value not in meaning]
    if unknown or "train" not in meaning.values():
        shown = ", ".join(map(repr, unknown[:5])) or "no train"
        raise DataError(
            f"--split: column {name!r} of {plan.file} holds {shown}; expected names of splits such as train, val and "
            f"test. Leave it out (--ignore {shlex.quote(name)}) and say with the experiment what its values mean: "
            f"{shlex.quote(f'data.split.column={name}')} data.split.ratio=null data.split.train=… data.split.val=… "
            "data.split.test=…"
        )
    take_split(plan, columns, name, meaning, "as told (--split)")


def _modality(plan: Plan, columns: Mapping[str, Any], name: str, root: Place) -> None:
    found, kind = plan.profiles[name], plan.given.kinds.get(name)
    if found.filled == 0:
        raise DataError(f"{_option(plan, name)}: column {name!r} of {plan.file} is empty in every row")
    if found.lists:
        if found.numbers < 1 or kind not in (None, *FILES):
            raise DataError(f"{_option(plan, name)}: column {name!r} of {plan.file} holds lists, which are no input")
        plan.decide(name, "modality", kind or "features", f"lists of {found.list_length or 'several'} numbers")
    elif kind in FILES or kind is None:
        if find_media(plan, columns, name, root, kind):
            return
        _written(plan, name, "text" if found.is_text else "tabular")
    else:
        _written(plan, name, kind)


def _written(plan: Plan, name: str, kind: str) -> None:
    """A column whose cells are themselves the input."""
    found = plan.profiles[name]
    if kind not in TABULAR:
        plan.decide(name, "modality", kind, found.text_reason, arguments=found.text_arguments)
        return
    if kind == "numeric" and not found.numbers > 0:
        raise DataError(f"--kind {name}=numeric: column {name!r} of {plan.file} holds no number")
    numeric = kind == "numeric" or (kind == "tabular" and found.is_number)
    said = "a number" if numeric else f"{found.distinct} levels"
    plan.decide(name, "modality", "tabular", said, arguments={"numeric": numeric})


def _option(plan: Plan, name: str) -> str:
    return f"--kind {name}={plan.given.kinds[name]}" if name in plan.given.kinds else "--input"
