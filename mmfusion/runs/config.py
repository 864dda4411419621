"""A run's own config, read back with what a person overrides of it. Nothing heavy is imported: errors come at once."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import yaml

from mmfusion.config.check import check
from mmfusion.config.errors import ConfigError, suggest
from mmfusion.config.instantiate import is_under, refuse_trust
from mmfusion.config.mismatches import mismatches, report
from mmfusion.config.names import MANIFEST, MOVED
from mmfusion.config.override import Override, node_at, parse_overrides
from mmfusion.config.quoting import value_of
from mmfusion.config.schema import config_schema
from mmfusion.store.files import CONFIG
from mmfusion.store.folder import RunFolder

_TRAINING = (
    *("name", "tags", "paths", "optimizer", "scheduler", "loss_weighting", "gradients_of", "callbacks", "logger"),
    *("modality.dropout", "report.plots", "report.baselines", "report.gradients_every_n_steps", "trainer"),
)
"""What only training reads, and so no evaluation."""
_HEEDED = tuple(
    f"trainer.{name}"
    for name in ("accelerator", "precision", "deterministic", "limit_test_batches", "enable_progress_bar", "threads")
)


def read_run_config(run: str | Path, overrides: Sequence[str] = ()) -> tuple[RunFolder, dict[str, Any]]:
    """A run's folder and its checked config, changed by overrides of keys that it has and that count after training.

    Modules of one's own must have been opened before. Another split of the run's own table is refused.
    """
    folder = RunFolder.open(run)
    config = override(folder.read(CONFIG), overrides)
    own, data = (node_at(node, "data") or {} for node in (folder.read(CONFIG), config))
    if str(data.get("_target_")) in MOVED:
        data["_target_"] = MOVED[data["_target_"]]
    if data.get("split") != own.get("split") and not gives_table(overrides):
        raise ConfigError(other_split(overrides))
    refuse_trust(config, str(folder.path / CONFIG))
    check(config)
    return folder, config


def gives_table(overrides: Sequence[str]) -> bool:
    """Whether another table than the run's own is read."""
    return any(text.startswith("data.path=") for text in overrides)


def other_split(overrides: Sequence[str]) -> str:
    """Why a run is not evaluated on another split of its own table, and what can be done instead."""
    typed = " ".join(text for text in overrides if text.startswith("data."))
    return (
        f"{typed}: splits the run's own table anew, and would test it on rows that it was trained on; train another "
        "run with that split, see this one's other rows with --split train or val, or give a table of other rows with "
        "data.path=FILE"
    )


def override(config: dict[str, Any], overrides: Sequence[str]) -> dict[str, Any]:
    """The config with `a.b=value` set, for keys that it has; values as in `mmfusion train`."""
    for parsed in parse_overrides(overrides):
        text, key = parsed.text, parsed.name
        if parsed.value is None:
            raise ConfigError(f"override {text!r}: expected key=value, for example data.path=other.csv")
        node: Any = config
        *parents, last = key.split(".")
        for name in parents:
            node = node.get(name) if isinstance(node, dict) else None
        added = key in reading_keys() and isinstance(node, dict) and "delimiter" in node  # a run of an older version
        if not isinstance(node, dict) or (last not in node and not added):
            raise ConfigError(f"override {text!r}: the run's config has no {key!r}; {suggest(key, _keys(config))}")
        if is_under(key, _TRAINING) and not is_under(key, _HEEDED):
            raise ConfigError(f"override {text!r}: {key} is for training alone, and would change nothing here")
        node[last] = _value(parsed)
    return config


OF_NEW_TABLE = ("data.root", "data.id")
"""What may be said of a new table beside how its file is read: where its media are, and its ids."""

_NOT_READING = ("_target_", "path", "root", "id", "split", "loader", "modalities")


def reading_keys() -> tuple[str, ...]:
    """Keys of a config that say how a table's file is read."""
    return tuple(
        f"data.{name}" for name in config_schema()["$defs"][MANIFEST]["properties"] if name not in _NOT_READING
    )


def take_root(given: dict[str, Any], root: str | None) -> str | None:
    """The folder of a table's media, by `--root` or by `data.root` among the options, which is taken out of them.

    Raises:
        ConfigError: the two differ.
    """
    own = given.pop("root", root)
    own = None if own is None else str(own)  # a folder may be called 2024
    if root is not None and own != root:
        raise ConfigError(f"--root {root} and data.root={own}: give one of them")
    return own


def reading_overrides(overrides: Sequence[str], more: Sequence[str] = ()) -> dict[str, Any]:
    """Options of a table's file given as `data.header=false`, without `data.`; `more` are further keys to allow.

    Raises:
        ConfigError: another key, or a value that it cannot have.
    """
    allowed = (*reading_keys(), *more)
    options: dict[str, Any] = {}
    for parsed in parse_overrides(overrides):
        if parsed.value is None or parsed.name not in allowed:
            hint = "write key=value" if parsed.value is None else suggest(parsed.name, allowed)
            raise ConfigError(f"override {parsed.text!r}: what can be set here says how the table is read; {hint}")
        options[parsed.name.removeprefix("data.")] = _value(parsed)
    known = {name: value for name, value in options.items() if f"data.{name}" not in more}
    report(mismatches("data", known, {"properties": config_schema()["$defs"][MANIFEST]["properties"]}))
    return options


def _value(override: Override) -> Any:
    """As on the command line of `mmfusion train`; a mapping's keys may be any text, as in YAML."""
    try:
        return value_of(override.text)
    except ConfigError:
        text = override.value or ""
        if text.startswith("{") and not text.isascii():
            with suppress(yaml.YAMLError):
                return yaml.safe_load(text)
        raise


def _keys(node: Any, prefix: str = "") -> list[str]:
    if not isinstance(node, dict):
        return [prefix]
    return [key for name, value in node.items() for key in _keys(value, f"{prefix}.{name}" if prefix else name)]
