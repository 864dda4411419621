"""A conclusion: a sentence, sections of sentences and tables, as Markdown and in the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.markup import escape

from mmfusion.report.sections._base import Section
from mmfusion.report.terminal import Column, rich_table, width_of
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
            cells = enumerate(zip(table.head, *table.rows, strict=True))
            columns = [Column(title, own, right=bool(index)) for index, (title, *own) in cells]
            fitting = sum(width_of(columns[: n + 1]) < console.width for n in range(len(columns)))
            console.print(rich_table(columns[: max(fitting, 2)]))
            if left_out := table.head[max(fitting, 2) :]:
                say = f"Not shown for want of width: {', '.join(left_out)}; {CONCLUSION} has all."
                console.print(escape(say), highlight=False, soft_wrap=True)
        for line in section.lines:
            console.print(f"• {escape(line)}", highlight=False, soft_wrap=True)
    console.print()
    for line in conclusion.headline:
        console.print(escape(line), style="bold", highlight=False, soft_wrap=True)
