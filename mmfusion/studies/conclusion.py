"""A conclusion: a sentence, sections of sentences and tables, as Markdown and in the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.markup import escape
from rich.table import Table as RichTable

from mmfusion.report.sections._base import Section, Table
from mmfusion.store.files import CONCLUSION


@dataclass(frozen=True)
class Conclusion:
    """What a study says: its answer in short, and the rest; `transfer` are the rows of `transfer.csv`, head first."""

    title: str
    headline: Sequence[str]
    sections: Sequence[Section]
    transfer: Sequence[Sequence[object]] = ()


def markdown(conclusion: Conclusion) -> str:
    """The text of `conclusion.md`."""
    lines = [f"# {conclusion.title}"]
    for line in conclusion.headline:
        lines += ["", f"**{line}**"]
    for section in conclusion.sections:
        lines += ["", f"## {section.title}"]
        for table in section.tables:
            lines += ["", _row(table.head), _row(["---", *["---:"] * (len(table.head) - 1)]), *map(_row, table.rows)]
        if section.lines:
            lines += ["", *(f"- {line}" for line in section.lines)]
    return "\n".join(lines) + "\n"


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def show_conclusion(conclusion: Conclusion, console: Console) -> None:
    """Print it."""
    console.print()
    console.print(escape(conclusion.title), style="bold")
    for section in conclusion.sections:
        console.print()
        console.print(escape(section.title), style="bold", highlight=False)
        for table in section.tables:
            fitting = _fitting(table, console.width)
            console.print(_rich(fitting))
            if left_out := table.head[len(fitting.head) :]:
                say = f"Not shown for want of width: {', '.join(left_out)}; {CONCLUSION} has all."
                console.print(escape(say), highlight=False, soft_wrap=True)
        for line in section.lines:
            console.print(f"• {escape(line)}", highlight=False, soft_wrap=True)
    console.print()
    for line in conclusion.headline:
        console.print(escape(line), style="bold", highlight=False, soft_wrap=True)


def _fitting(table: Table, width: int) -> Table:
    """Without the last columns, as far as they do not fit; two stay in any case."""
    left, count = width - 1, 0
    for column in zip(table.head, *table.rows, strict=True):
        left -= 3 + max(map(len, column))
        count += left >= 0
    count = max(count, 2)
    return Table(table.head[:count], [row[:count] for row in table.rows])


def _rich(table: Table) -> RichTable:
    shown = RichTable()
    for index, title in enumerate(table.head):
        shown.add_column(escape(title), justify="right" if index else "left", overflow="fold", no_wrap=bool(index))
    for row in table.rows:
        shown.add_row(*map(escape, row))
    return shown
