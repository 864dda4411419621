"""`mmfusion init data.csv`: a first experiment for a table, and why it looks as it does. Needs no torch."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from mmfusion.config.errors import ConfigError
from mmfusion.config.folders import own_folder
from mmfusion.data.errors import DataError
from mmfusion.data.inspect.plan import Plan
from mmfusion.data.inspect.structure import start
from mmfusion.data.inspect.targets import finish
from mmfusion.data.manifest.delimited import QUOTE, Cells
from mmfusion.data.manifest.places import media_root, table_path
from mmfusion.data.manifest.read import FORMATS, read_columns
from mmfusion.data.progress import busy
from mmfusion.runs.experiment_yaml import default_name, experiment, is_word_of_yaml
from mmfusion.runs.report import command

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
) -> Path:
    """Look at a table, decide what its columns are, write an experiment and say why.

    Args:
        path: CSV, TSV, JSONL or Parquet; looked for under `root` first, as in training.
        root: where the media lie; None is the table's own folder.
        name: the experiment's; None goes by the table's or its folder's name.
        out: the file to write; None is `conf/experiment/<name>.yaml` here, where `mmfusion train` looks.
        task: columns to predict; none: found out.
        ignore: columns to leave out.
        force: write over a file that is there.
        console: where to print.

    Returns:
        The file that was written.

    Raises:
        DataError: the table cannot be read, or there is nothing to learn from or to predict.
        ConfigError: the name is taken.
    """
    console = console or Console()
    table = table_path(path, root)
    name = name or default_name(table)
    if not name.replace("-", "_").isidentifier():
        raise ConfigError(f"--name: expected letters, digits, '-' and '_', found {name!r}")
    if is_word_of_yaml(name):
        raise ConfigError(f"--name: {name!r} means something of its own in a config; take another, {name}_data perhaps")
    target = Path(out) if out else Path("conf") / "experiment" / f"{name}.yaml"
    _check_free(target, name, out is not None, force)
    delimiter = _delimiter(table)
    with busy(f"looking at {path}"):
        columns, quote = _read(table, delimiter)
        plan = finish(start(table.name, columns, media_root(root, table), task, ignore), columns, task)
    _print(plan, console)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(experiment(plan, name, path, root, delimiter, quote), encoding="utf-8")
    console.print(f"\nWrote [bold]{escape(str(target))}[/]. Read it, then:")
    where = "" if out is None else f" --config-dir {_config_dir(target)}"
    for verb in ("validate", "train"):
        console.print(f"  {command()} {verb}{where} experiment={name}", highlight=False, soft_wrap=True)
    return target


def _check_free(target: Path, name: str, chosen: bool, force: bool) -> None:
    if (own_folder() / "experiment" / f"{name}.yaml").is_file() and not chosen:
        raise ConfigError(f"experiment={name} is one of mmfusion's own; take another --name")
    if target.exists() and not force:
        raise ConfigError(f"{target} is there already; take another --name, or --force to write over it")


def _delimiter(path: Path) -> str | None:
    """What separates a CSV's fields, where its header has no comma."""
    if FORMATS.get(path.suffix.lower()) != "csv" or not path.is_file():
        return None
    with path.open(encoding="utf-8", errors="replace") as file:
        header = file.readline()
    return None if "," in header else next((mark for mark in (";", "\t", "|") if mark in header), None)


def _read(path: Path, delimiter: str | None) -> tuple[dict[str, Cells], str | None]:
    """The table's columns, and what quotes its cells: nothing in a TSV that cannot be read otherwise."""
    try:
        return read_columns(path, delimiter=delimiter)[0], QUOTE
    except DataError as error:
        if FORMATS.get(path.suffix.lower()) != "tsv" or "data.quote=null" not in str(error):
            raise
        return read_columns(path, delimiter=delimiter, quote=None)[0], None


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
