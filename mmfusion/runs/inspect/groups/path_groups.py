"""Groups that stand in the paths of media alone: the speaker in `wav/spk07_utt012.wav`."""

from __future__ import annotations

import polars as pl

from mmfusion.runs.inspect.column_requests import FILES
from mmfusion.runs.inspect.groups.find_groups import GroupColumn, Grouped, find_groups, straddling_values
from mmfusion.runs.inspect.plan import Plan

_ONE_FORM = 0.98
"""Share of paths with the same number of parts from which on a part means the same in all of them."""

_MOST_PARTS = 12


def warn_of_path_groups(plan: Plan) -> None:
    """Say of media whose paths hold a group that no column has; nothing where rows are kept together by a column."""
    if plan.of("group"):
        return
    columns, split = plan.columns, plan.first("split")
    targets = [d.column for d in plan.of("task") if plan.is_series(d.column)]
    for media in plan.of("modality", *FILES):
        cells = columns[media.column]
        if not isinstance(cells, pl.Series) or cells.dtype != pl.String:
            continue
        parts = _parts(cells)
        table = {**{name: columns[name] for name in (*targets, *([split] if split else []))}, **parts}
        groups = {group.column: group for group in find_groups(Grouped(table, [], (), (), targets, split), list(parts))}
        group = next((groups[name] for name in parts if name in groups), None)  # what stands first holds what follows
        if group is None:
            continue
        straddling = straddling_values(parts[group.column], columns[split]) if split else None
        if straddling != 0:
            plan.warn(media.column, _message(group, str(parts[group.column].drop_nulls()[0]), straddling))


def _message(group: GroupColumn, example: str, straddling: int | None) -> str:
    parted = f", {straddling} of them in more than one split" if straddling else ""
    return (
        f"its paths hold {group.values} values like {example!r} for {group.rows} rows{parted}: if that is a speaker, a "
        "patient or their like, put it in a column of its own and keep its rows together (--group COLUMN)"
    )


def _parts(paths: pl.Series) -> dict[str, pl.Series]:
    """What stands at each place but the last of paths that are all built alike; a repetition is left out.

    The last part tells files of one folder apart: that the numbers of two folders are the same relates no rows.
    """
    bare = paths.str.replace(r"\.[^./\\]*$", "").str.strip_chars(r"./\\")
    split = bare.str.replace_all(r"[^\pL\pN]+", "/").str.split("/")
    lengths = split.list.len().drop_nulls()
    if not len(lengths):
        return {}
    count = int(lengths.mode()[0])
    if not 2 <= count <= _MOST_PARTS or int((lengths == count).sum()) < _ONE_FORM * len(paths):
        return {}
    parts: dict[str, pl.Series] = {}
    for place in range(count - 1):
        part = split.list.get(place, null_on_oob=True).alias(f"part {place + 1}")
        if not any(part.equals(other) for other in parts.values()):
            parts[part.name] = part
    return parts
