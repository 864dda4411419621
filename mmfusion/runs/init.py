"""`mmfusion init data.csv`: a first experiment for a table, and why it looks as it does. Needs no torch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from mmfusion.config.errors import ConfigError
from mmfusion.config.folders import own_folder
from mmfusion.data.decode.paths import local
from mmfusion.data.table.decimals import is_text, spelling, to_points
from mmfusion.data.table.empty import blank_columns
from mmfusion.data.table.guess import Guess, guess_decimal, read_guessed
from mmfusion.data.table.header import without_a_name
from mmfusion.data.table.locations import media_root, table_path
from mmfusion.data.table.read import ReadOptions
from mmfusion.progress import busy
from mmfusion.runs.config import reading_overrides, take_root
from mmfusion.runs.defaults import choose
from mmfusion.runs.experiment_yaml import RATIO, Keys, default_name, experiment, is_word_of_yaml
from mmfusion.runs.inspect.columns.empty_cells import guess_empty
from mmfusion.runs.inspect.plan import ColumnDecision, Plan
from mmfusion.runs.inspect.steps import plan_table
from mmfusion.runs.run_summary import command, shell_path

_STYLES = {"modality": "green", "task": "bold cyan", "ignored": "dim"}


def init(
    path: str,
    root: str | None = None,
    name: str | None = None,
    out: str | None = None,
    task: Sequence[str] = (),
    ignore: Sequence[str] = (),
    force: bool = False,
    console: Console | None = None,
    overrides: Sequence[str] = (),
    **by: Any,
) -> Path:
    """Look at a table, decide what its columns are, write an experiment and say why; returns the file.

    The table is looked for under `root` first, as in training. `overrides` say how it is read (`data.header=false`),
    `task`, `ignore` and `by` what its columns are (`ColumnRequests`); what is not given is found out, and said.

    Raises:
        DataError: the table cannot be read, or there is nothing to learn from or to predict.
        ConfigError: the name is taken.
    """
    console = console or Console()
    reading = reading_overrides(overrides, ("data.root",))
    root = take_root(reading, root)
    table = table_path(path, root)
    name = name or default_name(table)
    if not name.replace("-", "_").isidentifier():
        raise ConfigError(f"--name: expected letters, digits, '-' and '_', found {name!r}")
    if is_word_of_yaml(name):
        raise ConfigError(f"--name: {name!r} means something of its own in a config; take another, {name}_data perhaps")
    target = local(out) if out else Path("conf") / "experiment" / f"{name}.yaml"
    if out is None and (own_folder() / "experiment" / f"{name}.yaml").is_file():
        raise ConfigError(f"experiment={name} is one of mmfusion's own; take another, --name my_{name} perhaps")
    if target.exists() and not force:
        raise ConfigError(f"{target} is there already; take another --name, or --force to write over it")
    with busy(f"looking at {path}"):
        guess = read_table(table, reading)
    for sentence in guess.notes:
        console.print(f"{table.name}: {sentence}", highlight=False, markup=False, soft_wrap=True)
    with busy(f"looking at {path}"):
        plan = plan_table(table.name, guess.columns, media_root(root, table), task, ignore, guess.unreadable, **by)
    keys = Keys.of(plan)
    choices = choose(training_rows(plan), keys.kinds(), {key: decision.kind for key, decision in keys.tasks.items()})
    _print(console, f"{plan.file}: {plan.rows} rows", "column becomes because", map(_row, plan.decisions.values()))
    rows = [(escape(choice.key), escape(str(choice.value).lower()), escape(choice.reason)) for choice in choices]
    _print(console, "How it trains", "setting value because", rows)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(experiment(plan, name, path, root, guess.settings, choices, target.parent), encoding="utf-8")
    console.print(f"\nWrote [bold]{escape(str(target))}[/]. Read it, then:")
    configs = target.parent.parent if target.parent.name == "experiment" else target.parent
    where = "" if out is None else f" --config-dir {shell_path(configs)}"
    for verb in ("validate", "train"):
        line = f"  {command()} {verb}{where} experiment={name}"  # an identifier, whatever its script
        console.print(line, highlight=False, soft_wrap=True, markup=False)
    return target


def read_table(path: Path, reading: Mapping[str, Any]) -> Guess:
    """The table as its file shows that it is to be read, with what that is; numbers in decimal points."""
    guess = read_guessed(path, replace(ReadOptions(), empty=[""]), reading)
    if "empty" not in reading:
        missing = guess_empty(guess.columns)
        guess.settings = replace(guess.settings, empty=missing.empty, not_empty=missing.not_empty or None)
        guess.columns = blank_columns(guess.columns, missing.empty, guess.settings.strip, missing.not_empty)
        guess.notes += missing.sentences()
    guess_decimal(guess, reading)
    if guess.settings.decimal == ",":
        for name, cells in guess.columns.items():
            if is_text(cells) and spelling(cells) in (",", "thousands"):
                guess.columns[name] = to_points(cells)
    guess.notes += filter(None, [without_a_name(guess.columns)])
    return guess


def training_rows(plan: Plan) -> int:
    """About how many rows the experiment trains on."""
    split = plan.first("split")
    if split is None:
        return round(plan.rows * RATIO["train"])
    training = {value for value, meaning in plan.splits.items() if meaning == "train"}
    rows = sum(str(cell) in training for cell in plan.columns[split])
    return round(rows * (1 - sum(share for name, share in RATIO.items() if name not in plan.splits.values())))


def _row(decision: ColumnDecision) -> tuple[str, str, str]:
    style = _STYLES.get(decision.role, "")
    becomes = f"{decision.role}: {decision.kind}" if decision.kind else decision.role
    reason = escape(decision.reason) + (f"\n[yellow]{escape(decision.warning)}[/]" if decision.warning else "")
    return escape(decision.column), f"[{style}]{becomes}[/]" if style else becomes, reason


def _print(console: Console, title: str, headings: str, rows: Iterable[tuple[str, str, str]]) -> None:
    table = Table(title=title, title_justify="left", expand=False)
    for number, heading in enumerate(headings.split()):
        table.add_column(heading, overflow="fold", no_wrap=number == 0)
    for row in rows:
        table.add_row(*row)
    console.print(table)
