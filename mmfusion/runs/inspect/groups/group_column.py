"""Which open column of a plan becomes the group, and what is said of others like it."""

from __future__ import annotations

import shlex

import polars as pl

from mmfusion.data.table.delimited import RawColumn
from mmfusion.runs.inspect.columns.column_names import GROUP, LABEL, is_named
from mmfusion.runs.inspect.columns.profile import Profile
from mmfusion.runs.inspect.columns.spelling import is_date
from mmfusion.runs.inspect.groups.find_groups import (
    ENOUGH,
    Grouped,
    find_few,
    find_groups,
    straddling_values,
)
from mmfusion.runs.inspect.groups.pairs import find_pair
from mmfusion.runs.inspect.plan import Plan

_CLEARLY = 1.5
NAME_WORDS = 3
"""A person's name has no more words than this."""


def decide_groups(plan: Plan, targets: frozenset[str]) -> None:
    """Decide which of the open columns is the group, and leave out others that are like it."""
    columns, split = plan.columns, plan.first("split")
    if plan.requested.groups:
        for name in plan.requested.groups:
            if split is not None and (straddling := straddling_values(columns[name], columns[split])):
                plan.warn(name, f"{straddling} of them are in more than one split")
        return
    likely = [*targets, *(n for n in plan.open(targets) if is_named(n, LABEL) and not is_named(n, GROUP))]
    texts = [decision.column for decision in plan.of("modality", "text")]
    texts += [n for n, stats in plan.profiles.items() if n not in texts and _is_long_text(columns[n], stats)]
    paths = [d.column for d in plan.of("modality") if d.kind != "text" and plan.is_series(d.column)]
    contents = [name for name in plan.open() if not plan.profiles[name].lists]
    short = [name for name in texts if name not in contents and plan.profiles[name].words <= NAME_WORDS]
    dates = [d.column for d in plan.of("ignored") if not d.requested and is_date(columns[d.column])]
    candidates = [n for n in [*contents, *short, *dates] if n not in likely and plan.profiles[n].labels is None]
    table = Grouped(columns, contents, texts, paths, likely, split)
    groups = find_groups(table, candidates)
    if not likely and plan.open():  # the last column is the target unless it is clearly a group
        last = plan.open()[-1]
        groups = [group for group in groups if group.column != last or group.score >= ENOUGH + _CLEARLY]
    if not groups:
        for group in find_few(table, candidates):
            plan.hints[group.column] = (
                f"{'; '.join(group.evidence)}: if new rows will be of others than these {group.values}, "
                f"keep those of one together (--group {shlex.quote(group.column)})"
            )
        if (pair := find_pair(table, candidates)) is not None:
            plan.pair = pair.column, f"{pair.reason}; {pair.advice} (--group COLUMN)"
    for place, group in enumerate(groups):
        name = group.column
        holes = plan.profiles[name].rows - plan.profiles[name].filled
        if place:
            plan.ignore(name, f"{group.reason}; another group, `{groups[0].column}`, is the one that is kept together")
        elif holes:
            warning = f"{holes} rows have none, so nothing can be split by it: fill them, then set `data.split.group`"
            plan.ignore(name, group.reason, warning)
        else:
            straddling = straddling_values(columns[name], columns[split]) if split is not None else 0
            shown = [f"{straddling} of them are in more than one split"] if straddling else []
            warning = "; ".join([*shown, *([group.few] if group.few else [])])
            arguments = {"straddling": straddling} if straddling else {}
            plan.decide(name, "group", reason=group.reason, warning=warning, arguments=arguments)


def give_hints(plan: Plan) -> None:
    """Say of columns that became no targets what was found of their rows."""
    for name, hint in plan.hints.items():
        if plan.decisions[name].role == "modality":
            plan.decisions[name].reason += f"; {hint}"
    if plan.pair is not None and plan.decisions[plan.pair[0]].role in ("modality", "ignored"):
        plan.warn(*plan.pair)


def _is_long_text(cells: RawColumn, stats: Profile) -> bool:
    """Cells that are long and rarely twice the same, perhaps in a script without blanks."""
    if not isinstance(cells, pl.Series) or cells.dtype != pl.String or stats.is_number or stats.labels:
        return False
    if stats.distinct <= 0.3 * stats.filled or not stats.filled:
        return False
    return (
        int(cells.str.len_chars().sum()) >= 8 * stats.filled and int(cells.str.contains(r"\d").sum()) < stats.filled / 2
    )
