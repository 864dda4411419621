"""What a person reads when a run is done."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import groupby, pairwise
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from mmfusion.config.errors import ConfigError
from mmfusion.config.override import parse_overrides, split_trust
from mmfusion.runs.baseline_table import baseline_report
from mmfusion.runs.metric_lines import NARROWEST, Line, format_number, leading_metrics, parse_metric_names, task_tables
from mmfusion.store.files import PREDICTIONS, PROVENANCE, RESULT
from mmfusion.store.folder import RunFolder
from mmfusion.store.run import Run

_OTHER = ("fusion", "loss_weighting", "paths")  # sections whose overrides are not for a run with other choices


def show_run(result: Run, console: Console | None = None) -> None:
    """Print metrics per task, then per subset of modalities, next to what is attainable; then where it all is."""
    console = console or plain_console()
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
        for part in baseline_report(result, lines, console.width):
            console.print()
            console.print(part, highlight=False)
    if not lines and result.status == "completed":
        console.print()
        rows = int(next((count for name, count in result.metrics.items() if name.endswith("/rows")), 0))
        why = f"none of the {rows} test rows has a label: nothing was scored"
        why = why if rows else "no test rows: nothing was tested"
        console.print(f"{why}; what validation came to is in {RESULT}", highlight=False)
    console.print()
    console.print(_last_words(result), highlight=False, soft_wrap=True)


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
    for task, own in groupby(lines, key=lambda line: line.task):
        table.add_section()
        for i, line in enumerate(own):
            values = [result.metrics[line.name], *([result.ceilings.get(line.name)] if with_ceiling else [])]
            table.add_row("" if i else escape(task), line.metric, *map(format_number, values))
    return table


def subset_tables(result: Run, lines: Sequence[Line], width: int = NARROWEST) -> list[Table]:
    """A row a subset of modalities, a column a task with its leading metric; as many tables as the width needs."""
    if not lines:
        return []
    split, subsets = lines[0].split, list(dict.fromkeys(line.subset for line in lines))
    leading = leading_metrics(result.ceilings, lines, result.task_metrics)
    with_ceiling = any(line.name in result.ceilings for line in lines)
    # A row that has nothing of a subset is left out there.
    counts = [str(int(result.metrics.get(f"{split}[{subset}]/rows", 0))) for subset in subsets]
    differ = len(set(counts)) > 1
    rows = {
        ((subset or "").replace("+", " + "), *([count] if differ else [])): [
            _beside_ceiling(result, f"{split}[{subset}]/{task}/{metric}") for task, metric in leading.items()
        ]
        for subset, count in zip(subsets, counts, strict=True)
    }
    title = f"{split} with some of the modalities" + (" / what is attainable" if with_ceiling else "")
    return task_tables(title, ["modalities", "rows"] if differ else ["modalities"], leading, rows, width)


def _beside_ceiling(result: Run, name: str) -> str:
    best = result.ceilings.get(name) if name in result.metrics else None
    return format_number(result.metrics.get(name)) + ("" if best is None else f" [dim]/ {format_number(best)}[/dim]")


def _last_words(result: Run) -> str:
    cost = result.cost
    spent = f"{result.seconds or 0:.0f} s"
    if cost.get("rows_per_second"):
        spent += f", {cost['rows_per_second']:,.0f} rows/s"
    if cost.get("parameters"):
        spent += f", {cost['parameters']:,} parameters"
    if cost.get("peak_memory_bytes"):
        spent += f", {cost['peak_memory_bytes'] / 2**30:.1f} GiB"
    where = f"[bold]Run folder[/bold]  {escape(shown_path(result.path))}  ({spent})"
    steps = "\n".join(f"  {command()} {' '.join(words)}" for words in _next_steps(result))
    return f"{where}\n\n[bold]Try next[/bold]\n{escape(steps)}"


def _next_steps(result: Run) -> Iterator[list[str]]:
    """What to type after `mmfusion`: for this run, and for one of the same data and modalities with another fusion.

    The second is left out where it is not known what was typed. A weighting weighs tasks against each other, and what
    the run itself chose of the two is replaced.
    """
    typed, modules, words = None, list[str](), list[str]()
    with suppress(ConfigError, OSError, KeyError, TypeError):
        origin = RunFolder(result.path, writes=False).read(PROVENANCE)
        typed, modules = split_trust(origin["overrides"])
        words = origin["command"]
    trust = [shlex.quote(f"trusted_modules=[{','.join(modules)}]")] if modules else []
    run, last = shell_path(result.path), [] if result.without_best is None else ["--checkpoint", "last"]
    yield ["eval", run, *trust, *last]
    yield ["predict", run, "new.csv", *trust, *last, "--out", PREDICTIONS]
    if typed is not None:
        dirs = [after for word, after in pairwise(words) if word == "--config-dir"]
        dirs += [word.partition("=")[2] for word in words if word.startswith("--config-dir=")]
        own = [word for folder in dirs for word in ("--config-dir", folder)]
        own += [override.text for override in parse_overrides(typed) if override.section not in _OTHER]
        yield ["train", *map(shlex.quote, own), *trust, "fusion=gated", "loss_weighting=uncertainty"]
    yield ["ls"]


def command() -> str:
    """What to type for mmfusion: its name if the shell would find the one that runs, else where that lies."""
    called, on_path = Path(sys.argv[0]).absolute(), shutil.which("mmfusion")
    if called.name != "mmfusion" or not called.is_file() or (on_path is not None and called.samefile(on_path)):
        return "mmfusion"
    return shell_path(called)


def shell_path(path: Path, before: str = "") -> str:
    """`shown_path`, behind an `@` perhaps, as a word of a command line, whatever the shell makes of spaces or `~`."""
    shown = shown_path(path)
    return shlex.quote(before + (f"./{shown}" if shown.startswith("-") and not before else shown))


def shown_path(path: Path) -> str:
    """Relative to the working directory if it lies below it."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def plain_console() -> Console:
    """The terminal; without one, as wide as COLUMNS says, else 80."""
    if sys.stdout.isatty():
        return Console()
    wide = os.environ.get("COLUMNS", "")
    return Console(width=int(wide) if wide.isdecimal() and int(wide) else NARROWEST, no_color=True)
