"""Which open column of a plan becomes the group, and what is said of others like it, and of groups in paths alone."""

from __future__ import annotations

import shlex

import polars as pl

from mmfusion.data.table.decimals import is_text
from mmfusion.data.table.delimited import RawColumn
from mmfusion.runs.inspect.columns.column_names import GROUP, LABEL, is_named
from mmfusion.runs.inspect.columns.profile import Profile
from mmfusion.runs.inspect.columns.spelling import is_date
from mmfusion.runs.inspect.groups.find_groups import CLEAR, Grouped, find_few, find_groups, find_pair, straddling_values
from mmfusion.runs.inspect.plan import FILES, Plan

NAME_WORDS = 3  # a person's name has no more words than this
_ONE_FORM = 0.98  # share of paths with the same number of parts from which on a part means the same in all of them
_MOST_PARTS = 12


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
    paths = [d.column for d in plan.of("modality") if d.kind != "text" and not plan.profiles[d.column].lists]
    contents = [name for name in plan.open() if not plan.profiles[name].lists]
    short = [name for name in texts if name not in contents and plan.profiles[name].words <= NAME_WORDS]
    dates = [d.column for d in plan.of("ignored") if not d.requested and is_date(columns[d.column])]
    candidates = [n for n in [*contents, *short, *dates] if n not in likely and plan.profiles[n].labels is None]
    table = Grouped(columns, contents, texts, paths, likely, split)
    groups = find_groups(table, candidates)
    if not likely and plan.open():  # the last column is the target unless it is clearly a group
        last = plan.open()[-1]
        groups = [group for group in groups if group.column != last or group.score >= CLEAR]
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
    if not is_text(cells) or stats.is_number or stats.labels or stats.distinct <= 0.3 * stats.filled:
        return False
    long = int(cells.str.len_chars().sum()) >= 8 * stats.filled
    return long and int(cells.str.contains(r"\d").sum()) < stats.filled / 2


def warn_of_path_groups(plan: Plan) -> None:
    """Say of media whose paths hold a group that no column has; nothing where rows are kept together by a column."""
    if plan.of("group"):
        return
    columns, split = plan.columns, plan.first("split")
    targets = [d.column for d in plan.of("task") if not plan.profiles[d.column].lists]
    for media in plan.of("modality", *FILES):
        cells = columns[media.column]
        if not is_text(cells):
            continue
        parts = _path_parts(cells)
        table = {**{name: columns[name] for name in (*targets, *([split] if split else []))}, **parts}
        groups = {group.column: group for group in find_groups(Grouped(table, [], (), (), targets, split), list(parts))}
        group = next((groups[name] for name in parts if name in groups), None)  # what stands first holds what follows
        if group is None:
            continue
        straddling = straddling_values(parts[group.column], columns[split]) if split else None
        if straddling != 0:
            example = str(parts[group.column].drop_nulls()[0])
            parted = f", {straddling} of them in more than one split" if straddling else ""
            plan.warn(
                media.column,
                f"its paths hold {group.values} values like {example!r} for {group.rows} rows{parted}: if that is a "
                "speaker, a patient or their like, put it in a column of its own and keep its rows together (--group "
                "COLUMN)",
            )


def _path_parts(paths: pl.Series) -> dict[str, pl.Series]:
    """What stands at each place but the last of paths that are all built alike; a repetition is left out.

    The last part tells files of one folder apart: that the numbers of two folders are the same relates no rows.
    """
    bare = paths.str.replace(r"\.[^./\\]*$", "").str.strip_chars(r"./\\")
    split = bare.str.replace_all(r"[^\pL\pN]+", "/").str.split("/")
    lengths = split.list.len().drop_nulls()
    count = int(lengths.mode()[0])
    if not 2 <= count <= _MOST_PARTS or int((lengths == count).sum()) < _ONE_FORM * len(paths):
        return {}
    parts: dict[str, pl.Series] = {}
    for place in range(count - 1):
        part = split.list.get(place, null_on_oob=True).alias(f"part {place + 1}")
        if not any(part.equals(other) for other in parts.values()):
            parts[part.name] = part
    return parts
