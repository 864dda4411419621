"""`mmfusion init data.csv`: a first experiment for a table, and why it looks as it does. Needs no torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
from mmfusion.data.table.read import Settings
from mmfusion.progress import busy
from mmfusion.runs.config import reading_overrides, take_root
from mmfusion.runs.defaults import Choice, choose
from mmfusion.runs.experiment_yaml import RATIO, Keys, default_name, experiment, is_word_of_yaml
from mmfusion.runs.inspect.columns.empty_cells import guess_empty
from mmfusion.runs.inspect.plan import Plan
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
    """Look at a table, decide what its columns are, write an experiment and say why.

    Args:
        path: CSV, TSV, JSON, JSONL or Parquet; looked for under `root` first, as in training.
        root: where the media lie; None is the table's own folder.
        name: the experiment's; None goes by the table's or its folder's name.
        out: the file to write; None is `conf/experiment/<name>.yaml` here, where `mmfusion train` looks.
        task: columns to predict; none: found out.
        ignore: columns to leave out.
        force: write over a file that is there.
        console: where to print.
        overrides: `data.header=false`, `data.delimiter=;` and their like: how the table is read. What is not given is
            found out, and said.
        by: what else is said of columns (`groups`, `splits`, `inputs`, `kinds`), as in `Requested`; it is not guessed.

    Returns:
        The file that was written.

    Raises:
        DataError: the table cannot be read, or there is nothing to learn from or to predict.
        ConfigError: the name is taken.
    """
    console = console or Console()
    given = reading_overrides(overrides, ("data.root",))
    root = take_root(given, root)
    table = table_path(path, root)
    name = name or default_name(table)
    if not name.replace("-", "_").isidentifier():
        raise ConfigError(f"--name: expected letters, digits, '-' and '_', found {name!r}")
    if is_word_of_yaml(name):
        raise ConfigError(f"--name: {name!r} means something of its own in a config; take another, {name}_data perhaps")
    target = local(out) if out else Path("conf") / "experiment" / f"{name}.yaml"
    _check_free(target, name, out is not None, force)
    with busy(f"looking at {path}"):
        guess = read_table(table, given)
    for sentence in guess.notes:
        console.print(f"{table.name}: {sentence}", highlight=False, markup=False, soft_wrap=True)
    with busy(f"looking at {path}"):
        plan = plan_table(table.name, guess.columns, media_root(root, table), task, ignore, guess.unreadable, **by)
    keys = Keys.of(plan)
    choices = choose(training_rows(plan), keys.kinds(), {key: decision.kind for key, decision in keys.tasks.items()})
    _print(plan, console)
    _print_choices(choices, console)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(experiment(plan, name, path, root, guess.settings, choices, target.parent), encoding="utf-8")
    console.print(f"\nWrote [bold]{escape(str(target))}[/]. Read it, then:")
    where = "" if out is None else f" --config-dir {shell_path(_config_dir(target))}"
    for verb in ("validate", "train"):
        line = f"  {command()} {verb}{where} experiment={name}"  # an identifier, whatever its script
        console.print(line, highlight=False, soft_wrap=True, markup=False)
    return target


def _check_free(target: Path, name: str, chosen: bool, force: bool) -> None:
    if (own_folder() / "experiment" / f"{name}.yaml").is_file() and not chosen:
        raise ConfigError(f"experiment={name} is one of mmfusion's own; take another, --name my_{name} perhaps")
    if target.exists() and not force:
        raise ConfigError(f"{target} is there already; take another --name, or --force to write over it")


def read_table(path: Path, given: Mapping[str, Any]) -> Guess:
    """The table as its file shows that it is to be read, with what that is; numbers in decimal points."""
    guess = read_guessed(path, replace(Settings(), empty=[""]), given)
    if "empty" not in given:
        missing = guess_empty(guess.columns)
        guess.settings = replace(guess.settings, empty=missing.empty, not_empty=missing.not_empty or None)
        guess.columns = blank_columns(guess.columns, missing.empty, guess.settings.strip, missing.not_empty)
        guess.notes += missing.sentences()
    guess_decimal(guess, given)
    if guess.settings.decimal == ",":
        for name, cells in guess.columns.items():
            if is_text(cells) and spelling(cells) in (",", "thousands"):
                guess.columns[name] = to_points(cells)
    nameless = without_a_name(guess.columns)
    guess.notes += [nameless] if nameless else []
    return guess


def training_rows(plan: Plan) -> int:
    """About how many rows the experiment trains on."""
    split = plan.first("split")
    if split is None:
        return round(plan.rows * RATIO["train"])
    training = {value for value, meaning in plan.splits.items() if meaning == "train"}
    rows = sum(str(cell) in training for cell in plan.columns[split])
    return round(rows * (1 - sum(share for name, share in RATIO.items() if name not in plan.splits.values())))


def _config_dir(target: Path) -> Path:
    """The folder of configs in which the file is an experiment."""
    return target.parent.parent if target.parent.name == "experiment" else target.parent


def _print(plan: Plan, console: Console) -> None:
    table = Table(title=f"{plan.file}: {plan.rows} rows", title_justify="left", show_lines=False, expand=False)
    for heading in ("column", "becomes", "because"):
        table.add_column(heading, overflow="fold", no_wrap=heading == "column")
    for decision in plan.decisions.values():
        style = _STYLES.get(decision.role, "")
        becomes = f"{decision.role}: {decision.kind}" if decision.kind else decision.role
        reason = escape(decision.reason) + (f"\n[yellow]{escape(decision.warning)}[/]" if decision.warning else "")
        table.add_row(escape(decision.column), f"[{style}]{becomes}[/]" if style else becomes, reason)
    console.print(table)


def _print_choices(choices: Sequence[Choice], console: Console) -> None:
    table = Table(title="How it trains", title_justify="left", show_lines=False, expand=False)
    for heading in ("setting", "value", "because"):
        table.add_column(heading, overflow="fold", no_wrap=heading == "setting")
    for choice in choices:
        table.add_row(escape(choice.key), escape(str(choice.value).lower()), escape(choice.reason))
    console.print(table)
