"""What a validation found, and how it is printed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from mmfusion.data.kinds._base import Kind
from mmfusion.runs.inspect.columns.similar_names import visible
from mmfusion.tasks._base import Task

CLASSES = 15  # classes that are listed; of more, the commonest and the rarest


@dataclass
class Findings:
    """What was found; true if nothing must be mended before training."""

    errors: list[str] = field(default_factory=list)  # what training would refuse, or what makes its scores worthless
    warnings: list[str] = field(default_factory=list)  # what a person should look at
    rows: dict[str, int] = field(default_factory=dict)  # split to its number of rows
    media: dict[str, int] = field(default_factory=dict)  # modality to the number of different media that were read
    absent: dict[str, dict[str, float]] = field(default_factory=dict)  # modality, split: share of rows without it
    unknown: dict[str, dict[str, float]] = field(default_factory=dict)  # text, split: share of words not in training
    unlabelled: dict[str, dict[str, float]] = field(default_factory=dict)  # task, split: share of rows without a label
    classes: dict[str, dict[str, dict[str, int]]] = field(default_factory=dict)  # task, split, class: rows
    bare: dict[str, dict[str, int]] = field(default_factory=dict)  # task, split: rows that hold none of several labels
    unreadable: dict[str, int] = field(default_factory=dict)  # modality to the number of rows whose medium is broken

    def __bool__(self) -> bool:
        return not self.errors


def print_findings(
    findings: Findings, file: str, kinds: Mapping[str, Kind], tasks: Mapping[str, Task], console: Console
) -> None:
    """Print what was found in a table."""
    splits = list(findings.rows)
    rows = ", ".join(f"{split} {count}" for split, count in findings.rows.items())
    console.print(f"[bold]{escape(file)}[/]: {sum(findings.rows.values())} rows ({rows})", highlight=False)
    console.print(_modalities(findings, kinds, splits))
    console.print(_tasks(findings, tasks, splits))
    for task, counts in findings.classes.items():
        if counts:
            console.print(_classes(task, counts, findings.bare.get(task, {}), splits))
    for style, label, messages in (("yellow", "warning", findings.warnings), ("red", "error", findings.errors)):
        for message in messages:
            console.print(f"[bold {style}]{label}[/] {escape(message)}", highlight=False, soft_wrap=True)
    errors = f"[bold red]{_count(len(findings.errors), 'error')}[/] and"
    verdict = errors if findings.errors else "[bold green]ready to train[/],"
    console.print(f"{verdict} {_count(len(findings.warnings), 'warning')}")


def _modalities(findings: Findings, kinds: Mapping[str, Kind], splits: list[str]) -> Table:
    names = " / ".join(splits)
    headings = ["modality", "kind", "media", "unreadable", f"absent in {names}"]
    table = _table(*headings, *([f"unknown words in {names}"] if findings.unknown else []))
    for name, kind in kinds.items():
        read, unreadable = str(findings.media.get(name, "not read")), str(findings.unreadable.get(name, 0))
        shares = [_shares(findings.absent[name], splits)]
        if findings.unknown:
            shares.append(_shares(findings.unknown[name], splits) if name in findings.unknown else "")
        table.add_row(escape(name), type(kind).__name__.lower(), read, unreadable, *shares)
    return table


def _tasks(findings: Findings, tasks: Mapping[str, Task], splits: list[str]) -> Table:
    table = _table("task", "type", "classes", f"no label in {' / '.join(splits)}")
    for name, task in tasks.items():
        classes = len(set().union(*findings.classes[name].values())) if findings.classes[name] else "-"
        shares = _shares(findings.unlabelled[name], splits)
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


def _shares(shares: Mapping[str, float], splits: list[str]) -> str:
    return " / ".join(f"{shares[split]:.1%}" if split in shares else "?" for split in splits)


def _table(*headings: str) -> Table:
    table = Table(expand=False)
    for number, heading in enumerate(headings):
        table.add_column(escape(heading), justify="left" if number == 0 else "right", overflow="fold")
    return table
