"""A validation's report on the terminal."""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from mmfusion.data.kinds._base import Kind
from mmfusion.runs.inspect.columns.similar_names import visible
from mmfusion.runs.validation.findings import Report
from mmfusion.tasks._base import Task

CLASSES = 15
"""Classes that are listed; of more, the commonest and the rarest."""


def show(report: Report, file: str, kinds: Mapping[str, Kind], tasks: Mapping[str, Task], console: Console) -> None:
    """Print a report."""
    splits = list(report.rows)
    rows = ", ".join(f"{split} {count}" for split, count in report.rows.items())
    console.print(f"[bold]{escape(file)}[/]: {sum(report.rows.values())} rows ({rows})", highlight=False)
    console.print(_modalities(report, kinds, splits))
    console.print(_tasks(report, tasks, splits))
    for task, counts in report.classes.items():
        if counts:
            console.print(_classes(task, counts, report.bare.get(task, {}), splits))
    for style, label, messages in (("yellow", "warning", report.warnings), ("red", "error", report.errors)):
        for message in messages:
            console.print(f"[bold {style}]{label}[/] {escape(message)}", highlight=False, soft_wrap=True)
    warnings = _count(len(report.warnings), "warning")
    if report.errors:
        console.print(f"[bold red]{_count(len(report.errors), 'error')}[/] and {warnings}")
    else:
        console.print(f"[bold green]ready to train[/], {warnings}")


def _modalities(report: Report, kinds: Mapping[str, Kind], splits: list[str]) -> Table:
    names = " / ".join(splits)
    headings = ["modality", "kind", "media", "unreadable", f"absent in {names}"]
    table = _table(*headings, *([f"unknown words in {names}"] if report.unknown else []))
    unreadable = dict.fromkeys(kinds, 0)
    for row in report.unreadable:
        unreadable[row.modality] += 1
    for name, kind in kinds.items():
        read = str(report.media.get(name, "not read"))
        shares = _shares(report.absent[name], splits)
        unknown = [_shares(report.unknown[name], splits) if name in report.unknown else ""] if report.unknown else []
        table.add_row(escape(name), type(kind).__name__.lower(), read, str(unreadable[name]), shares, *unknown)
    return table


def _tasks(report: Report, tasks: Mapping[str, Task], splits: list[str]) -> Table:
    table = _table("task", "type", "classes", f"no label in {' / '.join(splits)}")
    for name, task in tasks.items():
        classes = len(set().union(*report.classes[name].values())) if report.classes[name] else "-"
        shares = _shares(report.unlabelled[name], splits)
        table.add_row(escape(name), type(task).__name__.lower(), str(classes), shares)
    return table


def _classes(task: str, counts: Mapping[str, Mapping[str, int]], bare: Mapping[str, int], splits: list[str]) -> Table:
    table = _table(f"{task}: class", *splits)
    names = dict.fromkeys(name for split in splits for name in counts.get(split, {}))
    order = sorted(names, key=lambda name: -counts.get("train", {}).get(name, 0))
    half = CLASSES // 2
    shown = order if len(order) <= CLASSES else [*order[:half], *order[-half:]]
    for number, name in enumerate(shown):
        if len(shown) < len(order) and number == half:
            table.add_row(f"… {len(order) - len(shown)} more", *("" for _ in splits))
        table.add_row(escape(visible(name)[1:-1]), *(str(counts.get(split, {}).get(name, 0)) for split in splits))
    if bare:
        table.add_row("[dim]none of them[/]", *(str(bare.get(split, 0)) for split in splits))
    return table


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _shares(found: Mapping[str, float], splits: list[str]) -> str:
    return " / ".join(f"{found[split]:.1%}" if split in found else "?" for split in splits)


def _table(*headings: str) -> Table:
    table = Table(expand=False)
    for number, heading in enumerate(headings):
        table.add_column(escape(heading), justify="left" if number == 0 else "right", overflow="fold")
    return table
