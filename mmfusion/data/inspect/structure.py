"""The first look at a table: ids, splits and media; then what the other columns hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from mmfusion.config.errors import suggest
from mmfusion.data.errors import DataError
from mmfusion.data.inspect.contents import groups_and_rest, texts
from mmfusion.data.inspect.media import Media, look
from mmfusion.data.inspect.plan import Plan
from mmfusion.data.inspect.profile import profile
from mmfusion.data.inspect.words import ID, SPLIT_VALUES, named, words
from mmfusion.data.manifest.header import Unnamed
from mmfusion.data.paths import Place


def start(
    file: str,
    columns: Mapping[str, Any],
    root: Place,
    tasks: Sequence[str] = (),
    ignore: Sequence[str] = (),
    unreadable: Mapping[str, str] | None = None,
) -> Plan:
    """Decide everything that does not depend on what is predicted: ids, splits, media, texts, groups.

    Columns that may be targets or tabular inputs stay `open`; `mmfusion.data.inspect.targets.finish` decides them.

    Args:
        file: the table's name.
        columns: column to its cells.
        root: where media lie.
        tasks: columns to predict.
        ignore: columns to leave out.
        unreadable: columns that cannot be read, and why.

    Raises:
        DataError: `tasks` or `ignore` name a column that is not there.
    """
    for option, given in (("--task", tasks), ("--ignore", ignore)):
        for name in given:
            if name not in columns:
                raise DataError(f"{option}: {file} has no column {name!r}; {suggest(name, columns)}")
    profiles = {name: profile(name, cells) for name, cells in columns.items()}
    plan = Plan(file, max((p.rows for p in profiles.values()), default=0), profiles, {})
    for name, found in profiles.items():
        plan.decide(name, "open")
        if name in ignore:
            plan.decide(name, "ignored", reason="as told (--ignore)")
        elif unreadable and name in unreadable and name not in tasks:
            plan.decide(name, "ignored", reason=unreadable[name])
        elif isinstance(name, Unnamed) and name not in tasks:
            plan.decide(name, "ignored", reason="it has no name in the file")
        elif found.filled == 0:
            plan.decide(name, "ignored", reason="empty in every row")
        elif found.distinct == 1 and found.filled == found.rows and name not in tasks:
            plan.decide(name, "ignored", reason=f"the same in every row: {found.examples[0]!r}")
    fixed = frozenset(tasks)
    _splits(plan, columns, fixed)
    for name in plan.open(fixed):
        media = look(columns[name], root)
        if media is not None:
            _media(plan, name, media)
    _ids(plan, fixed)
    texts(plan, columns, fixed)
    groups_and_rest(plan, columns, fixed)
    return plan


def _splits(plan: Plan, columns: Mapping[str, Any], fixed: frozenset[str]) -> None:
    """The split column, if one looks like it: by its values; between several, by its name and by having all three."""
    found: dict[str, dict[str, str]] = {}
    for name in plan.open(fixed):
        cells = columns[name]
        if plan.profiles[name].distinct > 5 or not isinstance(cells, pl.Series) or cells.dtype != pl.String:
            continue
        meaning = {
            value: split
            for value in cells.drop_nulls().unique(maintain_order=True).to_list()
            for split, spellings in SPLIT_VALUES.items()
            if value.lower() in spellings
        }
        if len(meaning) == plan.profiles[name].distinct and "train" in meaning.values() and len(meaning) > 1:
            found[name] = meaning
    complete = {n: m for n, m in found.items() if len(set(m.values())) == 3 and plan.profiles[n].filled == plan.rows}
    chosen = min(complete or found, key=lambda n: (n.lower() != "split", words(n)[-1:] != ["split"], n), default=None)
    for name, meaning in found.items():
        if name == chosen:
            plan.splits = meaning
            counts = Counter(meaning.get(value, "empty") for value in columns[name].to_list())
            shares = ", ".join(f"{split} {count}" for split, count in counts.items())
            lacking = [split for split in ("train", "val", "test") if split not in counts]
            warning = f"no rows for {' and '.join(lacking)}" if lacking else ""
            warning = f"{counts['empty']} rows without a split will be refused" if counts["empty"] else warning
            plan.decide(name, "split", reason=f"its values are the names of splits: {shares}", warning=warning)
        else:
            plan.decide(name, "ignored", reason=f"another split; `{chosen}` is taken")


def _media(plan: Plan, name: str, media: Media) -> None:
    there = f"{media.found} of {media.looked_for} looked for are there" if media.looked_for else "not looked for"
    reason = f"paths ending in {', '.join(media.suffixes)}; {there}" + (f"; {media.said}" if media.said else "")
    warning = ""
    if media.missing is not None:
        warning = media.missing + ("; is --root right?" if not media.found else "")
    plan.decide(name, "modality", media.kind, reason, warning=warning, arguments=media.arguments)


def _ids(plan: Plan, fixed: frozenset[str]) -> None:
    """One column that names the rows; the left-most of those with the likeliest names."""
    unique = [n for n in plan.open(fixed) if plan.profiles[n].is_unique and plan.profiles[n].filled == plan.rows]
    likely = [n for n in unique if named(n, ID) or not words(n)]
    named_rows = [n for n in unique if not plan.profiles[n].is_number and plan.profiles[n].words == 1.0]
    chosen = next(iter(sorted(likely, key=lambda n: (words(n)[-1:] != ["id"], len(words(n)))) or named_rows), None)
    for name in {*likely, *named_rows}:
        if name == chosen:
            plan.decide(
                name, "id", reason="different in every row" + (" and named like an id" if name in likely else "")
            )
        else:
            plan.decide(name, "ignored", reason="different in every row, so nothing can be learned from it")
