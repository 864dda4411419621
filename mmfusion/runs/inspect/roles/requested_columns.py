"""Columns whose role the user has requested, but for those to predict."""

from __future__ import annotations

import shlex

from mmfusion.data.decode.paths import Place
from mmfusion.data.errors import DataError
from mmfusion.runs.inspect.plan import FILES, TABULAR, Plan
from mmfusion.runs.inspect.roles.media_columns import find_media
from mmfusion.runs.inspect.roles.split_column import split_meaning, take_split


def decide_requested(plan: Plan, root: Place) -> None:
    """Decide the columns that the user has named, but for those to predict.

    Raises:
        DataError: the values of the split's column name no splits; a column cannot be of its kind.
    """
    requested = plan.requested
    for name in requested.ignore:
        plan.ignore(name, "as told (--ignore)")
    for name in requested.groups:
        stats = plan.profiles[name]
        plan.decide(name, "group", reason=f"as told (--group): {stats.distinct} in {stats.filled} rows")
    for name in requested.splits:
        _split(plan, name)
    for name in requested.modalities():
        _modality(plan, name, root)
        plan.decisions[name].reason = f"as told ({requested.option(name, '--input')}); {plan.decisions[name].reason}"
    for decision in plan.decisions.values():
        decision.requested = decision.role != "open"


def _split(plan: Plan, name: str) -> None:
    cells = plan.columns[name]
    values = cells.drop_nulls().unique(maintain_order=True).to_list() if not plan.profiles[name].lists else []
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
    take_split(plan, name, meaning, "as told (--split)")


def _modality(plan: Plan, name: str, root: Place) -> None:
    stats, kind = plan.profiles[name], plan.requested.kinds.get(name)
    where = f"{plan.requested.option(name, '--input')}: column {name!r} of {plan.file}"
    if stats.filled == 0:
        raise DataError(f"{where} is empty in every row")
    if stats.lists:
        if stats.numbers < 1 or kind not in (None, *FILES):
            raise DataError(f"{where} holds lists, which are no input")
        plan.decide(name, "modality", kind or "features", f"lists of {stats.list_length or 'several'} numbers")
        return
    if kind in (None, *FILES):
        if find_media(plan, name, root, kind):
            return
        kind = "text" if stats.is_text else "tabular"
    if kind not in TABULAR:
        assert kind is not None
        plan.decide(name, "modality", kind, stats.text_reason, arguments=stats.text_arguments)
        return
    if kind == "numeric" and not stats.numbers > 0:
        raise DataError(f"{where} holds no number")
    numeric = kind == "numeric" or (kind == "tabular" and stats.is_number)
    shown = "a number" if numeric else f"{stats.distinct} levels"
    plan.decide(name, "modality", "tabular", shown, arguments={"numeric": numeric})
