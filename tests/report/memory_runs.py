"""Runs in memory, for tests that read no files."""

from pathlib import Path

from mmfusion.store.run import Run
from tests.helpers.run_folders import COST, config


def make_run(name, metrics=None, settings=None, *, seed=0, without=(), typed=(), status="completed", **more):
    """A run called `name` with these test metrics and settings; `typed` are further overrides than the settings."""
    cfg = config(settings, seed=seed, without=without)
    overrides = [*(f"{key}={value}" for key, value in (settings or {}).items()), *(f"~{key}" for key in without)]
    given = {
        "config": cfg,
        "overrides": [*overrides, *typed, f"seed={seed}"],
        "seed": seed,
        "metrics": dict(metrics or {}),
        "cost": dict(COST),
        "monitor": {"metric": {"val/loss": 1.0}, "mode": "min"},
        "seconds": 40.0,
    }
    return Run(Path("/nowhere") / name, status, cfg["name"], id=name, **(given | more))


def grid(accuracy, seeds=3, key="fusion", metric="test/largest/accuracy"):
    """A run a setting and seed; `accuracy` maps settings to the values of the seeds 0, 1, …."""
    return [
        make_run(f"{setting}-{seed}", {metric: value}, {key: setting}, seed=seed)
        for setting, values in accuracy.items()
        for seed, value in enumerate(values[:seeds])
    ]
