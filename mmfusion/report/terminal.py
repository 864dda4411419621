"""A comparison as a table in the terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from rich.console import Console, RenderableType
from rich.markup import escape
from rich.table import Table

from mmfusion.report import formatting
from mmfusion.report.compare import Comparison, Row
from mmfusion.report.costs import COSTS
from mmfusion.report.sentences import conclusion, failures, notes, unfinished
from mmfusion.report.simple_models import heading, not_better, simple_models
from mmfusion.runs.metric_lines import format_number
from mmfusion.runs.run_summary import plain_console

_ROWS, _FAILURES, _SETTINGS, _WIDEST = 60, 20, 6, 28


@dataclass(frozen=True)
class Column:
    """Cells with their heading."""

    title: str
    cells: list[str]
    right: bool = True


def show(comparison: Comparison, console: Console | None = None) -> None:
    """Print the ranked table, what did not complete and why, and what it all says."""
    console = console or plain_console()
    if comparison.rows and comparison.metric is not None:
        for table in ranked_tables(comparison, console.width):
            _print(console, table)
        further = len(comparison.rows) - _ROWS
        if further > 0:
            console.print(f"{further} more rows: --csv FILE has all.")
    if simple := simple_models(comparison):
        values = Column(str(comparison.metric), [format_number(value) for value in simple.values()])
        _print(console, rich_table([Column("model", list(simple), right=False), values], heading(comparison)))
    for note in [*notes(comparison), *not_better(comparison)]:
        console.print(escape(note), highlight=False, soft_wrap=True)
    if broken := failures(comparison.runs):
        # Without the run's own path, which stands beside it.
        short = [why.replace(f"{run.path}{os.sep}", "").replace(str(run.path), "the folder") for run, why in broken]
        rows = [(run.id, run.status, why) for (run, _), why in zip(broken[:_FAILURES], short, strict=False)]
        columns = zip(("run", "status", "why"), *rows, strict=True)
        text = [Column(title, cells, right=False) for title, *cells in columns]
        _print(console, rich_table(text, f"{len(broken)} did not complete"))
        if len(broken) > _FAILURES:
            console.print(f"{len(broken) - _FAILURES} more did not complete.")
    if rest := unfinished(comparison.runs):
        _print(console, escape(rest))
    console.print()
    console.print(escape(conclusion(comparison)), highlight=False, style="bold", soft_wrap=True)


def _print(console: Console, content: RenderableType) -> None:
    """Below an empty line."""
    console.print()
    console.print(content, highlight=False, soft_wrap=isinstance(content, str))


def ranked_tables(comparison: Comparison, width: int) -> list[Table]:
    """The table; and where `width` is too little for Δm and costs beside the rest, these below it by the same ranks."""
    rows = comparison.rows[:_ROWS]
    fixed, further = _numbers(comparison, rows), _further(rows)
    rank = Column("#", [str(n + 1) if row in comparison.ranked else formatting.NONE for n, row in enumerate(rows)])
    free = width - 1 - width_of([rank, *fixed])
    settings = _settings(comparison, rows, free)
    better = "lower" if comparison.lower else "higher"
    title = f"{escape(str(comparison.metric))} ({better} is better)"
    if width_of(further) <= free - width_of(settings, _WIDEST):
        return [rich_table([rank, *settings, *fixed, *further], title, best=True)]
    free = width - 1 - width_of([rank, *further])
    named = _settings(comparison, rows, free)
    beside = named if width_of(named, _WIDEST) <= free else []
    below = "what it took" if further[0].title in dict(COSTS.values()) else "Δm, and what it took"
    tables = (([*settings, *fixed], title), ([*beside, *further], below))
    return [rich_table([rank, *columns], title, best=True) for columns, title in tables]


def width_of(columns: Sequence[Column], most: int = sys.maxsize) -> int:
    """With their frames, no column counted with more than `most`."""
    return sum(min(3 + max(map(len, (column.title, *column.cells))), most) for column in columns)


def rich_table(columns: Sequence[Column], title: str | None = None, best: bool = False) -> Table:
    """A table of text; with `best`, the first row is the best one, if there is one and it has a rank."""
    table = Table(title=title, title_justify="left", title_style="bold")
    for column in columns:
        justify: Literal["left", "right"] = "right" if column.right else "left"
        table.add_column(escape(column.title), justify=justify, overflow="fold", no_wrap=column.right)
    for index, cells in enumerate(zip(*(column.cells for column in columns), strict=True)):
        style = "bold" if best and index == 0 and cells[0] != formatting.NONE else None
        table.add_row(*map(escape, cells), style=style)
    return table


def _settings(comparison: Comparison, rows: Sequence[Row], free: int) -> list[Column]:
    """A column a key, or one for all of them where `free` characters are too few for that."""
    short = formatting.short_keys(comparison.by)
    columns = [
        Column(short[key], formatting.settings_column([row.group.settings[key] for row in rows]), right=False)
        for key in comparison.by
    ]
    if width_of(columns, _WIDEST) > free:
        return [Column("settings", [formatting.label(row.group.settings, _SETTINGS) for row in rows], right=False)]
    return columns


def _numbers(comparison: Comparison, rows: Sequence[Row]) -> list[Column]:
    """Mean and interval, runs, and p."""
    places = formatting.decimals([row.score for row in rows])
    scores = Column("mean ± 95% CI", [formatting.plus_minus(row.score, places) for row in rows])
    columns = [scores, Column("n", [_counted(row) for row in rows])]
    if any(row.pooled is not None for row in rows):
        cells = [formatting.NONE if row.pooled is None else formatting.fixed(row.pooled, places) for row in rows]
        columns.insert(1, Column("pooled", cells))
    if any(row.paired for row in rows):
        first = ["best"] if comparison.ranked else []
        columns.append(Column("p vs best", first + [formatting.p_value(row.p) for row in rows[len(first) :]]))
        sizes = [None if row.paired is None else row.paired.effect for row in rows]
        if any(size is not None for size in sizes):
            columns.append(Column("d", [formatting.effect(size) for size in sizes]))
    return columns


def _further(rows: Sequence[Row]) -> list[Column]:
    """Δm and costs, what matters most first, as far as they are known."""
    columns = []
    if any(row.delta for row in rows):
        places = min(formatting.decimals([row.delta for row in rows]), 2)
        columns.append(Column("Δm %", [formatting.plus_minus(row.delta, places) for row in rows]))
    for name, (title, shown) in COSTS.items():
        known = [(row.costs or {}).get(name) for row in rows]
        if any(cost is not None for cost in known):
            columns.append(Column(title, [formatting.NONE if cost is None else shown(cost) for cost in known]))
    return columns


def _counted(row: Row) -> str:
    """Seeds, and how many runs of the row did not complete."""
    n = row.score.n if row.score else 0
    others = "".join(f" +{many} {status}" for status, many in sorted(row.group.others.items()))
    return f"{n}{others}"
