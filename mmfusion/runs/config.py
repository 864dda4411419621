"""A run's own config, read back with what a person overrides of it. Nothing heavy is imported: errors come at once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from mmfusion.config.check import check
from mmfusion.config.errors import ConfigError, suggest
from mmfusion.config.instantiate import is_under, refuse_trust
from mmfusion.runs.folder import RunFolder

_TRAINING = (
    *("name", "tags", "paths", "optimizer", "scheduler", "loss_weighting", "gradients_of", "callbacks", "logger"),
    *("modality.dropout", "report.plots", "report.baselines", "report.gradients_every_n_steps", "trainer"),
)
"""What only training reads, and so no evaluation."""
_HEEDED = tuple(
    f"trainer.{name}"
    for name in ("accelerator", "precision", "deterministic", "limit_test_batches", "enable_progress_bar", "threads")
)
_EXPONENT = re.compile(r"[+-]?\d+\.?\d*[eE][+-]?\d+")


def read_run(run: str | Path, overrides: Sequence[str] = ()) -> tuple[RunFolder, dict[str, Any]]:
    """A run's folder and its checked config; modules of one's own must have been opened before.

    Args:
        run: the run's folder, or a file in it.
        overrides: `key=value` for keys that the config has, and that count after training.

    Raises:
        ConfigError: not a run, a key that is not there or would change nothing, or a config that no run may have.
    """
    folder = RunFolder.open(run)
    config = override(folder.read_config(), overrides)
    refuse_trust(config, str(folder.path / "config.yaml"))
    check(config)
    return folder, config


def override(config: dict[str, Any], overrides: Sequence[str]) -> dict[str, Any]:
    """The config with `a.b=value` set, for keys that it has; values are YAML."""
    for each in overrides:
        key, equals, value = each.partition("=")
        if not equals:
            raise ConfigError(f"override {each!r}: expected key=value, for example data.path=other.csv")
        node: Any = config
        *parents, last = key.split(".")
        for name in parents:
            node = node.get(name) if isinstance(node, dict) else None
        if not isinstance(node, dict) or last not in node:
            raise ConfigError(f"override {each!r}: the run's config has no {key!r}; {suggest(key, _keys(config))}")
        if is_under(key, _TRAINING) and not is_under(key, _HEEDED):
            raise ConfigError(f"override {each!r}: {key} is for training alone, and would change nothing here")
        node[last] = _value(each, value)
    return config


def _value(override: str, text: str) -> Any:
    try:
        found = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigError(f"override {override!r}: the value is not YAML: {' '.join(str(error).split())}") from None
    # YAML 1.1 wants a dot in 1e-3; Hydra and people do not.
    return float(found) if isinstance(found, str) and _EXPONENT.fullmatch(found) else found


def _keys(node: Any, prefix: str = "") -> list[str]:
    if not isinstance(node, dict):
        return [prefix]
    return [key for name, value in node.items() for key in _keys(value, f"{prefix}.{name}" if prefix else name)]
