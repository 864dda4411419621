"""A plan for a table, written as an experiment that a person can read and change."""

from __future__ import annotations

import json
import os
import re
import shlex
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

from mmfusion.config.schema import FILE, config_schema
from mmfusion.data.table.read import OPTIONS, ReadOptions
from mmfusion.runs.defaults import Choice, first_encoder, group_key
from mmfusion.runs.inspect.columns.column_names import LABEL, is_named, words
from mmfusion.runs.inspect.plan import ColumnDecision, Plan

_MANY = 20
RATIO = {"train": 0.8, "val": 0.1, "test": 0.1}

# Of choices that have no place among the columns.
_SECTIONS = ("encoder", "head", "optimizer", "scheduler", "trainer", "callbacks", "report")
_PLAIN = re.compile(r"[A-Za-z_/][\w./ -]*(?<! )")
_YAML_WORDS = {"yes", "no", "on", "off", "true", "false", "null", "y", "n", "nan", "inf"}


@dataclass(frozen=True)
class Keys:
    """What the columns of a plan are called in an experiment."""

    modalities: Mapping[str, ColumnDecision]  # but for those of the table
    tabular: str | None  # the key of all columns of the table together
    tasks: Mapping[str, ColumnDecision]

    @classmethod
    def of(cls, plan: Plan) -> Keys:
        taken: list[str] = []
        modalities = {key_of(d, taken): d for d in plan.of("modality") if d.kind != "tabular"}
        tabular = key_for("table", taken) if plan.of("modality", "tabular") else None
        taken = []
        return cls(modalities, tabular, {key_for(d.name or d.column, taken): d for d in plan.of("task")})

    def kinds(self) -> dict[str, str]:
        return {key: d.kind for key, d in self.modalities.items()} | ({self.tabular: "tabular"} if self.tabular else {})


def experiment(
    plan: Plan,
    name: str,
    path: str,
    root: str | None,
    settings: ReadOptions,
    choices: Sequence[Choice] = (),
    folder: Path = Path("conf/experiment"),
) -> str:
    """The text of `conf/experiment/<name>.yaml`; from its folder editors find the schema."""
    table = plan.of("modality", "tabular")
    keys = Keys.of(plan)
    modalities, tabular, tasks = keys.modalities, keys.tabular, keys.tasks
    usual = ReadOptions()
    unusual = {o: getattr(settings, o) for o in OPTIONS if getattr(settings, o) != getattr(usual, o)}
    lines = [
        "# @package _global_",
        f"# {plan.file}: {', '.join([*modalities, *([tabular] if tabular else [])])} → {', '.join(tasks)}",
        f"# Written by `mmfusion init {shlex.quote(path)}`; yours to change. Next:",
        f"#   mmfusion validate experiment={name}",
        f"#   mmfusion train experiment={name}",
        f"# yaml-language-server: $schema={Path(os.path.relpath(FILE, folder)).as_posix()}",
        "defaults:",
        *(_encoder(kind, key, choices) for key, kind in keys.kinds().items()),
        *(f"  - /task@task.{key}: {d.kind}" for key, d in tasks.items()),
        "  - override /data: manifest",
        "  - _self_",
        "",
        f"name: {scalar(name)}",
        "",
        "data:",
        f"  path: {scalar(path)}",
        f"  root: {scalar(root)}" + ("" if root else "  # media lie in the table's own folder"),
        f"  id: {scalar(plan.first('id'))}" + ("" if plan.first("id") else "  # rows are numbered"),
        *_options(unusual, "  "),
        *_split(plan),
        "  modalities:",
    ]
    for key, decision in modalities.items():
        lines += [*_why(decision.reason, decision.warning, "    "), f"    {key}:", f"      kind: {decision.kind}"]
        column = decision.columns if decision.others else decision.column
        lines += [f"      column: {_value(column)}", *_options(decision.arguments, "      ")]
    if tabular:
        lines += _why_each(table, "    ")
        lines += [f"    {tabular}:", "      kind: tabular"]
        for option, numeric in (("numeric", True), ("categorical", False)):
            chosen = [d.column for d in table if d.arguments["numeric"] is numeric]
            lines += _options({option: chosen} if chosen else {}, "      ")
    lines += _chosen(choices, "data.", "  ")
    lines += ["", "task:"]
    for key, decision in tasks.items():
        column = f"columns: {_value(decision.columns)}" if decision.others else f"column: {scalar(decision.column)}"
        lines += [*_why(decision.reason, decision.warning, "  "), f"  {key}:", f"    {column}"]
        lines += _options(decision.arguments, "    ")
        lines += _chosen(choices, f"task.{key}.", "    ")
    further = [choice for choice in choices if choice.key.partition(".")[0] in _SECTIONS]
    lines += ["", "# How it trains, chosen for the number of rows:", *_chosen(further)] if further else []
    left_out = [decision for decision in plan.decisions.values() if decision.role in ("group", "ignored")]
    if left_out:
        lines += ["", "# Not used:"]
        lines += _why_each(left_out)
    return "\n".join(lines) + "\n"


def key_of(decision: ColumnDecision, taken: list[str]) -> str:
    """A modality's name: its column's, without words like `path`."""
    kept = [word for word in words(decision.column) if word not in ("path", "file", "filename", "filepath", "url")]
    shortened = len(kept) < len(words(decision.column))
    return key_for("_".join(kept) or decision.kind if shortened else decision.column, taken)


def key_for(column: str, taken: list[str]) -> str:
    """A key for a column, added to `taken`: letters, digits and `_`, not used before, no attribute of ModuleDict."""
    name = re.sub(r"\W+", "_", column, flags=re.ASCII).strip("_") or "column"
    name = f"c{name}" if name[0].isdigit() else name
    base, number = name, 2
    while name in (*taken, *config_schema()["x-reserved"]) or name.lower() in _YAML_WORDS - {"y", "n"}:
        name, number = f"{base}_{number}", number + 1
    taken.append(name)
    return name


def scalar(value: Any) -> str:
    """One value as YAML; text that YAML or OmegaConf would take for something else is quoted."""
    if not isinstance(value, str):
        return json.dumps(value)
    if _PLAIN.fullmatch(value) and value.lower() not in _YAML_WORDS:
        return value
    return _quoted(value)


def _encoder(kind: str, key: str, choices: Sequence[Choice]) -> str:
    group = group_key(kind, key)
    chosen = next((choice for choice in choices if choice.key == group), Choice(group, first_encoder(kind), ""))
    return f"  - /{group}: {chosen.value}" + (f"  # {chosen.reason}" if chosen.reason else "")


def _split(plan: Plan) -> list[str]:
    column, group = plan.first("split"), plan.first("group")
    targets = [d.column for d in plan.of("task", "classification", "binary")]
    target = next((name for name in targets if is_named(name, LABEL)), targets[0] if targets else None)
    stratify = [f"    stratify: {scalar(target)}"] if target else []
    lines = ["  split:"]
    if column is not None:
        lines.append(f"    column: {scalar(column)}")
        values = {split: [v for v, meaning in plan.splits.items() if meaning == split] for split in RATIO}
        for split, names in values.items():
            lines.append(f"    {split}: {_value(names if len(names) > 1 else next(iter(names), None))}")
        if lacking := [split for split, names in values.items() if not names]:
            shares = ", ".join(f"{split}: 0.1" for split in lacking)
            lines += [f"    from_train: {{{shares}}}  # the column has none", *stratify]
    else:
        shares = ", ".join(f"{split}: {share}" for split, share in RATIO.items())
        lines += ["    column: null", f"    ratio: {{{shares}}}", "    seed: 0", *stratify]
        shared = _shared_files(plan)
        if group is None and shared is not None:
            lines.append(f"    group: {scalar(shared)}  # several rows have one file: they stay in one split")
    if group is not None and not plan.decisions[group].arguments:  # a group that straddles the column's splits
        lines.append(f"    group: {scalar(group)}  # its rows stay in one split; `mmfusion validate` checks")
    return lines


def _shared_files(plan: Plan) -> str | None:
    """The column of files, one in every row, of which the most are those of several rows; None: hardly any are."""
    files = [plan.profiles[d.column] for d in plan.of("modality", "image", "speech", "series") if not d.others]
    shared = [p for p in files if p.filled == p.rows and _MANY <= p.distinct < 0.9 * p.rows]
    return min(shared, key=lambda p: p.distinct).name if shared else None


def _options(options: Mapping[str, Any], indent: str) -> list[str]:
    return [f"{indent}{key}: {_value(value)}" for key, value in options.items()]


def _chosen(choices: Sequence[Choice], prefix: str = "", indent: str = "") -> list[str]:
    """The choices below a key, nested, each with its reason behind it."""
    lines: list[str] = []
    above: list[str] = []
    for choice in choices:
        if not choice.key.startswith(prefix):
            continue
        *parents, last = choice.key.removeprefix(prefix).split(".")
        level = next((i for i, pair in enumerate(zip_longest(parents, above)) if pair[0] != pair[1]), len(parents))
        lines += [f"{indent}{'  ' * depth}{parents[depth]}:" for depth in range(level, len(parents))]
        above = parents
        lines.append(f"{indent}{'  ' * len(parents)}{last}: {_value(choice.value)}  # {choice.reason}")
    return lines


def _value(value: Any) -> str:
    """A scalar, a list, or a mapping to lists, on one line; text inside is quoted."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_quoted(name)}: {_value(inner)}" for name, inner in value.items()) + "}"
    if isinstance(value, str) or not isinstance(value, Sequence):
        return scalar(value)
    return "[" + ", ".join(_quoted(item) if isinstance(item, str) else scalar(item) for item in value) + "]"


def _quoted(text: str) -> str:
    """Text between quotes in which OmegaConf sees no interpolation; backslashes before one would undo its own."""
    return json.dumps(re.sub(r"(\\*)\$\{", r"\1\1\\${", text), ensure_ascii=False)


def _why_each(decisions: Sequence[ColumnDecision], indent: str = "") -> list[str]:
    """Names before their reason; columns of one reason share a comment."""
    names: dict[tuple[str, str], list[str]] = {}
    for decision in decisions:
        names.setdefault((decision.reason, decision.warning), []).append(decision.column)
    return [
        line for (why, note), columns in names.items() for line in _why(f"{', '.join(columns)}: {why}", note, indent)
    ]


def _why(reason: str, warning: str, indent: str) -> list[str]:
    text = f"{reason}. NOTE: {warning}" if warning else reason
    first = f"{indent}# "
    return textwrap.wrap(" ".join(text.split()), 116, initial_indent=first, subsequent_indent=f"{first}  ")


def default_name(path: Path) -> str:
    """A name for the experiment: the table's, or its folder's where the table is called like any other."""
    stem = path.stem
    if stem.lower() in ("manifest", "index", "metadata", "labels", "dataset", "train", "table"):
        stem = path.resolve().parent.name or stem
    name = re.sub(r"\W+", "_", stem, flags=re.ASCII).strip("_").lower() or "experiment"
    return f"{name}_data" if is_word_of_yaml(name) else name


def is_word_of_yaml(name: str) -> bool:
    """Whether YAML or Hydra would take a name for something else than text: `experiment=null` asks for none."""
    return name.lower() in _YAML_WORDS
