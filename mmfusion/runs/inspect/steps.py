"""The steps from a table's columns to its plan, in their order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from mmfusion.data.decode.broken import ADVICE
from mmfusion.data.decode.paths import Place
from mmfusion.data.errors import SHOWN, DataError, shorten
from mmfusion.data.table.header import Unnamed
from mmfusion.runs.inspect.columns.column_names import ABOUT_FILE, ID, LABEL, is_named, words
from mmfusion.runs.inspect.columns.profile import Profile, profile
from mmfusion.runs.inspect.columns.spelling import is_date
from mmfusion.runs.inspect.groups.group_column import decide_groups, give_hints, warn_of_path_groups
from mmfusion.runs.inspect.plan import FILES, ColumnRequests, Plan
from mmfusion.runs.inspect.roles.input_columns import decide_inputs, decide_texts, warn_of_similar_names
from mmfusion.runs.inspect.roles.leak_columns import warn_of_leaks
from mmfusion.runs.inspect.roles.media_columns import find_media
from mmfusion.runs.inspect.roles.one_hot import one_hot
from mmfusion.runs.inspect.roles.requested_columns import decide_requested
from mmfusion.runs.inspect.roles.split_column import find_split, other_splits
from mmfusion.runs.inspect.roles.target_columns import decide_targets

_NUMBERS = 0.9  # share of numbers from which on different values measure something and name no rows
# Share of numbers from which on a column that is neither classes nor text is said to be one of numbers.
_MOSTLY_NUMBERS = 0.5
_TARGETS = "to predict them, write a column for each"
_VECTORS = "write a column for each, or a table whose cells can be lists (JSONL, Parquet), or a .npy file for each row"


def plan_table(
    file: str,
    columns: Mapping[str, Any],
    root: Place,
    tasks: Sequence[str] = (),
    ignore: Sequence[str] = (),
    unreadable: Mapping[str, str] | None = None,
    **more: Any,
) -> Plan:
    """Decide what each column of a table becomes; `more` is what else the user asks of columns (`ColumnRequests`).

    Raises:
        DataError: requests that cannot be met; nothing to learn from, or nothing to predict.
    """
    requested = ColumnRequests(tasks, ignore, **more)
    requested.check(file, columns)
    profiles = {name: profile(name, cells) for name, cells in columns.items()}
    plan = Plan(file, columns, max((p.rows for p in profiles.values()), default=0), profiles, requested)
    for name in profiles:
        plan.decide(name, "open")
    targets = frozenset(requested.targets())
    decide_requested(plan, root)
    _ignore_useless(plan, targets, unreadable or {})
    if not requested.splits:
        find_split(plan, targets)
    other_splits(plan, targets)
    for name in plan.open(targets):
        find_media(plan, name, root)
    _find_id(plan, targets)
    for name in plan.open(targets):
        if is_date(columns[name]):
            plan.ignore(name, "dates or times; to use them, write numbers (of days, of seconds)")
    decide_texts(plan, targets)
    decide_groups(plan, targets)
    _ignore_rest(plan, targets)
    if plan.of("modality", *FILES):
        for name in plan.open(targets):
            if profiles[name].is_number and all(word in ABOUT_FILE for word in words(name)):
                plan.ignore(name, "a number that describes the file rather than what is in it")
    decide_targets(plan)
    if not plan.of("task"):
        raise DataError(
            f"{plan.file}: no column looks like something to predict; name one with --task COLUMN{_reasons(plan)}"
        )
    for media in plan.of("modality"):
        for folder in media.others:
            if plan.decisions[folder].role == "open":
                plan.decide(folder, "merged", reason=f"a part of the paths in `{media.column}`")
    decide_inputs(plan)
    if not plan.of("modality"):
        raise DataError(
            f"{plan.file}: nothing to learn from: no media, no text, and no other column beside the targets; name one "
            f"with --input COLUMN if there is one (--kind COLUMN=KIND says as what){_reasons(plan)}"
        )
    warn_of_leaks(plan)
    give_hints(plan)
    warn_of_path_groups(plan)
    warn_of_similar_names(plan)
    return plan


def _ignore_useless(plan: Plan, targets: frozenset[str], unreadable: Mapping[str, str]) -> None:
    """Leave out columns that cannot be read, say nothing, or hold several numbers a cell."""
    for name, why in unreadable.items():
        if plan.decisions[name].requested and plan.decisions[name].role == "modality":
            plan.warn(name, why)
    for name in plan.open(targets):
        stats = plan.profiles[name]
        if name in unreadable:
            plan.ignore(name, unreadable[name])
        elif isinstance(name, Unnamed):
            plan.ignore(name, "it has no name in the file")
        elif stats.filled == 0:
            plan.ignore(name, "empty in every row")
        elif stats.lists and stats.distinct == 0:
            plan.ignore(name, "an empty list in every row")
        elif stats.lists and stats.vectors and is_named(name, LABEL):
            plan.ignore(name, f"several numbers in a cell ({stats.examples[0][:40]!r}); {_TARGETS}")
        elif not stats.lists and stats.vectors and (stats.hot or not stats.is_category):
            plan.ignore(name, f"several numbers in a cell ({stats.examples[0][:40]!r}); {_VECTORS}")
        elif stats.distinct == 1 and stats.filled == stats.rows:
            plan.ignore(name, f"the same in every row: {stats.examples[0]!r}")


def _find_id(plan: Plan, targets: frozenset[str]) -> None:
    """One column that names the rows; the left-most of those with the likeliest names."""
    unique = [n for n in plan.open(targets) if plan.profiles[n].names_rows]
    counting = [n for n in unique if _counts_rows(plan.columns[n])]
    likely = [n for n in unique if is_named(n, ID) or not words(n)]
    named_rows = [n for n in unique if not (plan.profiles[n].numbers > _NUMBERS or plan.profiles[n].is_text)]
    by_name = sorted(likely, key=lambda n: (words(n)[-1:] != ["id"], len(words(n))))
    chosen = next(iter([*by_name, *named_rows, *counting]), None)
    for name in dict.fromkeys([*likely, *named_rows, *counting]):
        if name == chosen:
            why = " and named like an id" if name in likely else ""
            plan.decide(name, "id", reason=f"different in every row{why}")
        elif not is_date(plan.columns[name]):
            plan.ignore(name, "different in every row, so nothing can be learned from it")


def _counts_rows(cells: Any) -> bool:
    """Whether the cells are 0, 1, 2, … or 1, 2, 3, … in the order of the file."""
    if not isinstance(cells, pl.Series):
        return False
    numbers = cells.cast(pl.Float64, strict=False)
    return numbers.null_count() == 0 and numbers[0] in (0, 1) and bool((numbers.diff().drop_nulls() == 1).all())


def _ignore_rest(plan: Plan, targets: frozenset[str]) -> None:
    """Leave out columns that are neither categories nor numbers nor lists; the others stay open."""
    marked = {name for group in one_hot(plan) if group.mark is not None for name in group.columns}
    for name in plan.open(targets):
        stats = plan.profiles[name]
        is_usable = stats.is_category or stats.is_number or stats.lists or stats.labels
        if name not in marked and (not is_usable or stats.distinct == 1):
            plan.ignore(name, _neither(stats))


def _neither(stats: Profile) -> str:
    if stats.distinct == 1:
        return f"{stats.examples[0]!r} or empty; if empty means no, write a word for it there"
    if stats.numbers >= _MOSTLY_NUMBERS:
        return (
            f"{stats.numbers:.1%} of its cells are numbers, and others are not, such as {shorten(stats.odd)}; mend "
            "those or leave them empty"
        )
    once = f", {stats.once} of them once" if stats.once else ""
    return f"{stats.distinct} different values in {stats.filled} rows{once}: neither classes nor free text"


def _reasons(plan: Plan) -> str:
    """Why columns are neither inputs nor targets."""
    reasons = [f"{d.column}: {d.warning if d.warning in ADVICE.values() else d.reason}" for d in plan.of("ignored")]
    reasons += [f"{d.column}: {d.role}, {d.reason}" for d in [*plan.of("id"), *plan.of("group")]]
    if len(plan.profiles) == 1:
        reasons = ["the table has one column; if a sign separates several, set data.delimiter=SIGN", *reasons]
    more = [f"… and {len(reasons) - SHOWN} more"] if len(reasons) > SHOWN else []
    return "".join(f"; {reason}" for reason in [*reasons[:SHOWN], *more])
