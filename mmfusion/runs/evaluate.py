"""`mmfusion eval RUN`: a run's model on its own test split, or another."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import yaml
from pytorch_lightning import seed_everything

from mmfusion.config.check import check
from mmfusion.config.errors import ConfigError, suggest
from mmfusion.config.instantiate import refuse_trust, trusting
from mmfusion.runs.folder import RunFolder
from mmfusion.runs.load import find_checkpoint, restore
from mmfusion.runs.report import show_report
from mmfusion.runs.result import Result, flat_ceilings, read_result
from mmfusion.runs.stopping import StopOnSignals
from mmfusion.training.build import build_data, build_model, build_module
from mmfusion.training.callbacks.checkpoint import load_weights
from mmfusion.training.callbacks.progress import ProgressBar
from mmfusion.training.noise import quiet
from mmfusion.training.trainer import build_trainer, shows_progress

STAGES = {"train": None, "val": "validate", "test": "test"}
ALONE = {"devices": 1, "num_nodes": 1, "strategy": "auto", "fast_dev_run": False, "profiler": None}


def evaluate(
    run: str | Path,
    checkpoint: str = "best",
    split: Literal["train", "val", "test"] = "test",
    overrides: Sequence[str] = (),
    trusted_modules: Sequence[str] = (),
    show: bool = True,
) -> Result:
    """Test a run's model again, in one process, with what the run had fitted; writes `eval_<split>.json`.

    Args:
        run: the run's folder.
        checkpoint: `best`, `last` or a path.
        split: which rows; metrics are named after it.
        overrides: `key=value` on the run's own config, for keys that it has: `data.root=/elsewhere`.
        trusted_modules: modules of your own that the config's `_target_`s may name.
        show: print the report.

    Raises:
        ConfigError: not a run, no such checkpoint, or an override of a key that is not there.
    """
    folder = RunFolder.open(run)
    config = override(folder.read_config(), overrides)
    refuse_trust(config, str(folder.path / "config.yaml"))
    if split not in ("train", "val", "test"):
        raise ConfigError(f"split must be train, val or test, found {split!r}")
    config["trainer"] = {**config["trainer"], **ALONE}
    began = time.perf_counter()
    stop = StopOnSignals()
    with trusting(trusted_modules), quiet(), stop.active():
        check(config)
        path = find_checkpoint(folder, checkpoint)
        seed_everything(config["seed"], workers=True, verbose=False)
        data, tasks = build_data(config)
        restore(folder, data, tasks)
        data.setup(STAGES[split])
        module = build_module(config, build_model(config, data, tasks, from_checkpoint=True))
        module.load_state_dict(load_weights(path))
        bars = [ProgressBar()] if shows_progress(config["trainer"]) else []
        trainer = build_trainer(config["trainer"], [stop, *bars], [], folder.path)
        found: dict[str, Any] = dict(trainer.test(module, dataloaders=data.eval_dataloader(split), verbose=False)[0])
    metrics = {split + name.removeprefix("test"): float(value) for name, value in found.items()}
    ceilings = flat_ceilings(metrics, list(config["encoder"]), data.source.ceiling) if split == "test" else {}
    result = read_result(folder).but(metrics=metrics, ceilings=ceilings, seconds=time.perf_counter() - began, cost={})
    what = {"checkpoint": str(path), "overrides": list(overrides), "metrics": metrics, "ceilings": ceilings}
    folder.write_json(f"eval_{split}.json", what)
    if show and folder.writes:
        show_report(result)
    return result


def override(config: dict[str, Any], overrides: Sequence[str]) -> dict[str, Any]:
    """The config with `a.b=value` set, for keys that it has; values are YAML."""
    for each in overrides:
        key, equals, value = each.partition("=")
        node: Any = config
        *parents, last = key.split(".")
        for name in parents:
            node = node.get(name) if isinstance(node, dict) else None
        if not equals or not isinstance(node, dict) or last not in node:
            raise ConfigError(f"override {each!r}: the run's config has no {key!r}; {suggest(key, _keys(config))}")
        node[last] = yaml.safe_load(value)
    return config


def _keys(node: Any, prefix: str = "") -> list[str]:
    if not isinstance(node, dict):
        return [prefix]
    return [key for name, value in node.items() for key in _keys(value, f"{prefix}.{name}" if prefix else name)]
