"""What a person reads when a run is done."""

from __future__ import annotations

import shlex
import shutil
import sys
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from mmfusion.config.errors import ConfigError
from mmfusion.config.override import parse_overrides
from mmfusion.runs.baseline_table import baseline_report
from mmfusion.runs.metric_lines import NARROWEST, Line, leading_metrics, number, parse_metric_names
from mmfusion.store.files import PREDICTIONS, PROVENANCE, RESULT
from mmfusion.store.folder import RunFolder
from mmfusion.store.run import Run

_OTHER = ("fusion", "loss_weighting", "paths")
"""Sections whose overrides are not for a run with other choices."""


def show_run(result: Run, console: Console | None = None) -> None:
    """Print metrics per task, then per subset of modalities, next to what is attainable; then where it all is."""
    console = console or _console()
    lines = parse_metric_names(list(result.metrics))
    if lines:
        console.print()
        console.print(task_table(result, [line for line in lines if line.subset is None]))
    for name, why in result.undefined.items():
        console.print(f"– {name}: {why}", highlight=False, soft_wrap=True, markup=False)
    if result.without_best is not None and lines:
        console.print(f"tested with the last checkpoint: {result.without_best}", highlight=False, soft_wrap=True)
    subsets = [line for line in lines if line.subset is not None]
    for table in subset_tables(result, subsets, width=console.width):
        console.print()
        console.print(table)
    if result.baselines:
        for each in baseline_report(result, lines, console.width):
            console.print()
            console.print(each, highlight=False)
    if not lines and result.status == "completed":
        console.print()
        console.print(f"{_why_none(result)}; what validation came to is in {RESULT}", highlight=False)
    console.print()
    console.print(_last_words(result), highlight=False, soft_wrap=True)


def _why_none(result: Run) -> str:
    rows = next((int(count) for name, count in result.metrics.items() if name.endswith("/rows")), 0)
    return (
        f"none of the {rows} test rows has a label: nothing was scored" if rows else "no test rows: nothing was tested"
    )


def task_table(result: Run, lines: Sequence[Line]) -> Table:
    """A row a metric, with all modalities."""
    split = lines[0].split if lines else "test"
    rows = result.metrics.get(f"{split}/rows")
    counted = "" if rows is None else f" ({int(rows)} rows)"
    table = Table(title=f"{split} metrics{counted}", title_justify="left", title_style="bold")
    table.add_column("task")
    table.add_column("metric")
    table.add_column(split, justify="right")
    with_ceiling = any(line.name in result.ceilings for line in lines)
    if with_ceiling:
        table.add_column("attainable", justify="right", style="dim")
    before = None
    for line in lines:
        if before not in (None, line.task):
            table.add_section()
        cells = ["" if line.task == before else escape(line.task), line.metric, number(result.metrics[line.name])]
        if with_ceiling:
            cells.append(number(result.ceilings.get(line.name)))
        table.add_row(*cells)
        before = line.task
    return table


def subset_tables(result: Run, lines: Sequence[Line], width: int = NARROWEST) -> list[Table]:
    """A row a subset of modalities, a column a task with its leading metric; as many tables as the width asks for."""
    if not lines:
        return []
    subsets = list(dict.fromkeys(line.subset for line in lines))
    leading = leading_metrics(result.ceilings, lines, result.task_metrics)
    by_key = {(line.subset, line.task, line.metric): line.name for line in lines}
    with_ceiling = any(line.name in result.ceilings for line in lines)
    # A row that has nothing of a subset is left out there.
    rows = {subset: result.metrics.get(f"{lines[0].split}[{subset}]/rows", 0.0) for subset in subsets}
    differ = len(set(rows.values())) > 1
    longest = 9 * differ + max(len(subset or "") for subset in subsets)
    each = max(max(len(task), len(metric)) for task, metric in leading.items())
    each = max(each, len("0.000 / 0.000") if with_ceiling else 6) + 3
    fit = max(1, (width - min(longest, width // 2) - 4) // each)
    tasks = list(leading)
    tables = []
    for first in range(0, len(tasks), fit):
        title = f"{lines[0].split} with some of the modalities" + (" / what is attainable" if with_ceiling else "")
        table = Table(title=title if first == 0 else None, title_justify="left", title_style="bold")
        table.add_column("modalities", overflow="fold")
        if differ:
            table.add_column("rows", justify="right")
        shown = tasks[first : first + fit]
        for task in shown:
            table.add_column(f"{escape(task)}\n{leading[task]}", justify="right")
        for subset in subsets:
            cells = [_against(result, by_key.get((subset, task, leading[task]))) for task in shown]
            counted = [str(int(rows[subset]))] if differ else []
            table.add_row(escape(subset or "").replace("+", " + "), *counted, *cells)
        tables.append(table)
    return tables


def _against(result: Run, name: str | None) -> str:
    if name is None or name not in result.metrics:
        return "–"
    best = result.ceilings.get(name)
    return number(result.metrics[name]) + ("" if best is None else f" [dim]/ {number(best)}[/dim]")


def _last_words(result: Run) -> str:
    run = escape(shown_path(result.path))
    cost = result.cost
    spent = f"{result.seconds or 0:.0f} s"
    if cost.get("rows_per_second"):
        spent += f", {cost['rows_per_second']:,.0f} rows/s"
    if cost.get("parameters"):
        spent += f", {cost['parameters']:,} parameters"
    if cost.get("peak_memory_bytes"):
        spent += f", {cost['peak_memory_bytes'] / 2**30:.1f} GiB"
    mmfusion, typed = escape(command()), escape(shell_path(result.path))
    last = "" if result.without_best is None else " --checkpoint last"
    return (
        f"[bold]Run folder[/bold]  {run}  ({spent})\n\n"
        "[bold]Try next[/bold]\n"
        f"  {mmfusion} eval {typed}{last}\n"
        f"  {mmfusion} predict {typed} new.csv{last} --out {PREDICTIONS}\n"
        f"{_other_choices(result, mmfusion)}"
        f"  {mmfusion} ls"
    )


def _other_choices(result: Run, mmfusion: str) -> str:
    """A line with what to type for the same data and modalities and another fusion; none if it is not known what was.

    A weighting weighs tasks against each other, and what the run itself chose of the two is replaced.
    """
    try:
        origin = RunFolder(result.path, writes=False).read(PROVENANCE)
        typed, words = origin["overrides"], origin["command"]
    except (ConfigError, OSError, KeyError, TypeError):
        return ""
    dirs = [after for word, after in pairwise(words) if word == "--config-dir"]
    dirs += [word.partition("=")[2] for word in words if word.startswith("--config-dir=")]
    kept = [override.text for override in parse_overrides(typed) if override.section not in _OTHER]
    own = [each for folder in dirs for each in ("--config-dir", folder)] + kept
    words = "".join(f" {shlex.quote(word)}" for word in own)
    return f"  {mmfusion} train{escape(words)} fusion=gated loss_weighting=uncertainty\n"


def command() -> str:
    """What to type for mmfusion: its name if the shell would find the one that runs, else where that lies."""
    called, found = Path(sys.argv[0]).absolute(), shutil.which("mmfusion")
    if called.name != "mmfusion" or not called.is_file() or (found is not None and called.samefile(found)):
        return "mmfusion"
    return shell_path(called)


def shell_path(path: Path, before: str = "") -> str:
    """`shown_path` as a word of a command line, whatever the shell makes of spaces, quotes or `~`.

    Args:
        path: what the word names.
        before: what stands in front of it, such as `@`.
    """
    shown = shown_path(path)
    return shlex.quote(before + (f"./{shown}" if shown.startswith("-") and not before else shown))


def shown_path(path: Path) -> str:
    """Relative to the working directory if it lies below it."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def _console() -> Console:
    # Without a terminal rich would guess 80 columns as well, but from the environment.
    return Console() if sys.stdout.isatty() else Console(width=NARROWEST, no_color=True)
