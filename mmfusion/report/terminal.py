"""A comparison as a table in the terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from mmfusion.report import formatting
from mmfusion.report.compare import Comparison, Row
from mmfusion.report.costs import COSTS
from mmfusion.report.sentences import conclusion, failures, notes, unfinished
from mmfusion.report.simple_models import heading, not_better, simple_models
from mmfusion.runs.metric_lines import number
from mmfusion.store.run import Run

NARROWEST = 80
_ROWS, _FAILURES, _SETTINGS, _WIDEST = 60, 20, 6, 28


@dataclass(frozen=True)
class _Column:
    title: str
    cells: list[str]
    right: bool = True

    @property
    def width(self) -> int:
        """With the frame."""
        return 3 + max(map(len, (self.title, *self.cells)))


def show(comparison: Comparison, console: Console | None = None) -> None:
    """Print the ranked table, what did not complete and why, and what it all says."""
    console = console or plain_console()
    if comparison.rows and comparison.metric is not None:
        for table in ranked_tables(comparison, console.width):
            console.print()
            console.print(table)
        further = len(comparison.rows) - _ROWS
        if further > 0:
            console.print(f"{further} more rows: --csv FILE has all.")
    if simple := simple_models(comparison):
        console.print()
        console.print(simple_table(simple, heading(comparison), str(comparison.metric)))
    for note in [*notes(comparison), *not_better(comparison)]:
        _say(console, note)
    broken = failures(comparison.runs)
    if broken:
        console.print()
        console.print(failure_table(broken))
        if len(broken) > _FAILURES:
            console.print(f"{len(broken) - _FAILURES} more did not complete.")
    if rest := unfinished(comparison.runs):
        console.print()
        _say(console, rest)
    console.print()
    console.print(escape(conclusion(comparison)), highlight=False, style="bold", soft_wrap=True)


def simple_table(found: Mapping[str, float], title: str, metric: str) -> Table:
    """A row a simple model."""
    table = Table(title=title, title_justify="left", title_style="bold")
    table.add_column("model", overflow="fold")
    table.add_column(escape(metric), justify="right")
    for model, value in found.items():
        table.add_row(escape(model), number(value))
    return table


def plain_console() -> Console:
    """The terminal; without one, as wide as COLUMNS says, else 80."""
    if sys.stdout.isatty():
        return Console()
    wide = os.environ.get("COLUMNS", "")
    return Console(width=int(wide) if wide.isdecimal() and int(wide) else NARROWEST, no_color=True)


def ranked_tables(comparison: Comparison, width: int) -> list[Table]:
    """The table; and where `width` has no room for Δm and costs beside the rest, these below it, by the same ranks."""
    rows = comparison.rows[:_ROWS]
    fixed, further = _numbers(comparison, rows), _further(rows)
    rank = _Column("#", [str(n + 1) if row in comparison.ranked else formatting.NONE for n, row in enumerate(rows)])
    room = width - 1 - sum(column.width for column in (rank, *fixed))
    settings = _settings(comparison, rows, room)
    room -= sum(min(column.width, _WIDEST) for column in settings)
    better = "lower" if comparison.lower else "higher"
    title = f"{escape(str(comparison.metric))} ({better} is better)"
    if sum(column.width for column in further) <= room:
        return [_table([rank, *settings, *fixed, *further], title)]
    room = width - 1 - sum(column.width for column in (rank, *further))
    named = _settings(comparison, rows, room)
    fits = sum(min(column.width, _WIDEST) for column in named) <= room
    beside = named if fits else []
    below = "what it took" if further[0].title in dict(COSTS.values()) else "Δm, and what it took"
    return [_table([rank, *settings, *fixed], title), _table([rank, *beside, *further], below)]


def _table(columns: Sequence[_Column], title: str) -> Table:
    """The first row is the best one, if it has a rank."""
    table = Table(title=title, title_justify="left", title_style="bold")
    for column in columns:
        justify: Literal["left", "right"] = "right" if column.right else "left"
        table.add_column(column.title, justify=justify, overflow="fold", no_wrap=column.right)
    for index, cells in enumerate(zip(*(column.cells for column in columns), strict=True)):
        style = "bold" if index == 0 and cells[0] != formatting.NONE else None
        table.add_row(*map(escape, cells), style=style)
    return table


def failure_table(broken: Sequence[tuple[Run, str]]) -> Table:
    """A row a run that did not complete: where it is, what became of it, the first line of why."""
    table = Table(title=f"{len(broken)} did not complete", title_justify="left", title_style="bold")
    table.add_column("run", overflow="fold")
    table.add_column("status", no_wrap=True)
    table.add_column("why", overflow="fold")
    for run, why in broken[:_FAILURES]:
        table.add_row(escape(run.id), run.status, escape(_short(why, run.path)))
    return table


def _settings(comparison: Comparison, rows: Sequence[Row], room: int) -> list[_Column]:
    """A column a key, or one for all of them where there is no room for that."""
    short = formatting.short_keys(comparison.by)
    columns = [
        _Column(short[key], formatting.settings_column([row.group.settings[key] for row in rows]), right=False)
        for key in comparison.by
    ]
    if sum(min(column.width, _WIDEST) for column in columns) > room:
        return [_Column("settings", [formatting.label(row.group.settings, _SETTINGS) for row in rows], right=False)]
    return columns


def _numbers(comparison: Comparison, rows: Sequence[Row]) -> list[_Column]:
    """Mean and interval, runs, and p."""
    places = formatting.decimals([row.found for row in rows])
    found = _Column("mean ± 95% CI", [formatting.plus_minus(row.found, places) for row in rows])
    columns = [found, _Column("n", [_counted(row) for row in rows])]
    if any(row.pooled is not None for row in rows):
        cells = [formatting.NONE if row.pooled is None else formatting.fixed(row.pooled, places) for row in rows]
        columns.insert(1, _Column("pooled", cells))
    if any(row.paired for row in rows):
        first = ["best"] if comparison.ranked else []
        columns.append(_Column("p vs best", first + [formatting.p_value(row.p) for row in rows[len(first) :]]))
        sizes = [None if row.paired is None else row.paired.effect for row in rows]
        if any(size is not None for size in sizes):
            columns.append(_Column("d", [formatting.effect(each) for each in sizes]))
    return columns


def _further(rows: Sequence[Row]) -> list[_Column]:
    """Δm and costs, what matters most first, as far as they are known."""
    columns = []
    if any(row.delta for row in rows):
        places = min(formatting.decimals([row.delta for row in rows]), 2)
        columns.append(_Column("Δm %", [formatting.plus_minus(row.delta, places) for row in rows]))
    for name, (title, shown) in COSTS.items():
        known = [(row.costs or {}).get(name) for row in rows]
        if any(each is not None for each in known):
            columns.append(_Column(title, [formatting.NONE if each is None else shown(each) for each in known]))
    return columns


def _counted(row: Row) -> str:
    """Seeds, and how many runs of the row did not complete."""
    n = row.found.n if row.found else 0
    others = "".join(f" +{many} {status}" for status, many in sorted(row.group.others.items()))
    return f"{n}{others}"


def _short(why: str, run: Path) -> str:
    """Without the run's own path, which stands beside it."""
    return why.replace(f"{run}{os.sep}", "").replace(str(run), "the folder")


def _say(console: Console, text: str) -> None:
    console.print(escape(text), highlight=False, soft_wrap=True)
