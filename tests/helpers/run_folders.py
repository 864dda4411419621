"""Run folders without any training: what the report reads, made up.

write_run(tmp_path / "a", config({"fusion": "gated"}, seed=1), {"test/digit/accuracy": 0.9})
write_grid(tmp_path / "sweep", {"fusion": ["concat", "gated"]}, seeds=5, value=lambda choice, seed: ...)
write_many(tmp_path / "big", runs=500, points=10_000)
"""

from __future__ import annotations

import copy
import functools
import itertools
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import yaml

COMPONENTS: dict[str, dict[str, dict[str, Any]]] = {
    "fusion": {
        "concat": {"_target_": "mmfusion.fusion.concat.Concat", "dim": 256, "align": True},
        "gated": {"_target_": "mmfusion.fusion.gated.Gated", "dim": 256, "normalise": False},
        "sum": {"_target_": "mmfusion.fusion.sum.Sum", "dim": 128},
        "decision": {"_target_": "mmfusion.fusion.decision.Decision", "weights": None},
    },
    "loss_weighting": {
        "equal": {"_target_": "mmfusion.loss_weighting.equal.Equal"},
        "uncertainty": {"_target_": "mmfusion.loss_weighting.uncertainty.Uncertainty", "initial": 0.0},
        "gradnorm": {"_target_": "mmfusion.loss_weighting.gradnorm.GradNorm", "alpha": 1.5, "lr": 0.025},
    },
    "optimizer": {
        "adamw": {"_target_": "mmfusion.training.optimizers.adamw", "lr": 0.001, "weight_decay": 0.01},
        "sgd": {"_target_": "mmfusion.training.optimizers.sgd", "lr": 0.1, "momentum": 0.9},
    },
}
"""Some options of some groups, as they stand in a resolved config."""

BASE: dict[str, Any] = {
    "name": "made_up",
    "seed": 0,
    "tags": [],
    "data": {
        "_target_": "mmfusion.data.sources.digits.source.Digits",
        "seed": 0,
        "loader": {"batch_size": 64},
        "modalities": {"image": {"kind": "image"}, "speech": {"kind": "speech"}, "text": {"kind": "text"}},
    },
    "encoder": {
        "image": {"_target_": "mmfusion.encoders.cnn.CNN", "dim": 128},
        "speech": {"_target_": "mmfusion.encoders.spectrogram_cnn.SpectrogramCNN", "dim": 128},
        "text": {"_target_": "mmfusion.encoders.rnn.RNN", "hidden": 128},
    },
    "task": {
        "sum": {"_target_": "mmfusion.tasks.regression.Regression", "loss": "mse"},
        "largest": {"_target_": "mmfusion.tasks.classification.Classification", "label_smoothing": 0.0},
    },
    "fusion": COMPONENTS["fusion"]["concat"],
    "modality": {"dropout": 0.0, "placeholders": False},
    "loss_weighting": COMPONENTS["loss_weighting"]["equal"],
    "gradients_of": "representation",
    "optimizer": COMPONENTS["optimizer"]["adamw"],
    "trainer": {"max_epochs": 8, "devices": 1},
    "callbacks": {"monitor": {"metric": "val/loss", "mode": "auto"}},
    "logger": {"csv": {"_target_": "mmfusion.training.loggers.csv.CSVLogger"}},
    "paths": {"outputs": "outputs", "run": "outputs/made_up/0"},
}

_ABSENT = object()
STARTED = "2026-01-01T00:00:00+00:00"

COST = {
    "parameters": 800_000,
    "trained_parameters": 800_000,
    "fit_seconds": 40.0,
    "test_seconds": 1.0,
    "rows_per_second": 640.0,
    "waiting": 0.02,
    "processes": 1,
    "peak_memory_bytes": 2**30,
    "peak_gpu_memory_bytes": None,
}


def config(
    settings: Mapping[str, Any] | None = None, *, seed: int = 0, without: Sequence[str] = (), **top: Any
) -> dict[str, Any]:
    """`BASE` with dotted keys set and left out; the name of a component's option stands for the whole of it."""
    config = copy.deepcopy(BASE) | top | {"seed": seed}
    for key, value in {**(settings or {}), **dict.fromkeys(without, _ABSENT)}.items():
        *path, last = key.split(".")
        node = functools.reduce(lambda node, part: node.setdefault(part, {}), path, config)
        if value is _ABSENT:
            del node[last]
        else:
            node[last] = copy.deepcopy(COMPONENTS.get(key, {}).get(value, value)) if isinstance(value, str) else value
    return config


def write_run(
    folder: Path,
    cfg: Mapping[str, Any] | None = None,
    metrics: Mapping[str, float | None] | None = None,
    *,
    status: str = "completed",
    error: str | None = None,
    overrides: Sequence[str] = (),
    curves: Mapping[str, Any] | bytes | None = None,
    job: Mapping[str, Any] | None = None,
    cost: Mapping[str, Any] | None = None,
    monitor: Mapping[str, Any] | None = None,
    validation: Mapping[str, float] | None = None,
    ceilings: Mapping[str, float] | None = None,
    predictions: Mapping[str, Any] | None = None,
    **result: Any,
) -> Path:
    """One run's folder.

    Args:
        folder: made if it is not there.
        cfg: what `config.yaml` holds; None: `config()`.
        metrics, status, error, cost, monitor, validation, ceilings: of `result.json`; status "missing" writes none.
        overrides: what was typed.
        curves, job, predictions: columns of `metrics.csv` (or its bytes), `job.json`, columns of `predictions.parquet`;
            None writes none.
        result: further keys of `result.json`: `seconds`, `pruned`, ….
    """
    cfg = config() if cfg is None else dict(cfg)
    folder.mkdir(parents=True, exist_ok=True)
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    dumper.ignore_aliases = lambda *_: True
    (folder / "config.yaml").write_text(yaml.dump(cfg, Dumper=dumper, sort_keys=False))
    (folder / "overrides.yaml").write_text(json.dumps(list(overrides)))
    content = {
        "status": status,
        "name": cfg["name"],
        "seed": cfg["seed"],
        "started": STARTED,
        "seconds": 40.0,
        "metrics": dict(metrics or {}),
        "ceilings": dict(ceilings or {}),
        "validation": dict(validation or {}),
        "monitor": dict(monitor or {"metric": {"val/loss": 1.0}, "mode": "min", "best": 0.4, "epoch": 7, "step": 500}),
        "cost": dict(COST | dict(cost or {})),
        "error": error,
    }
    if status != "missing":
        (folder / "result.json").write_text(json.dumps(content | result))
    if job is not None:
        (folder / "job.json").write_text(json.dumps(job))
    if isinstance(curves, bytes):
        (folder / "metrics.csv").write_bytes(curves)
    elif curves is not None:
        pl.DataFrame(curves).write_csv(folder / "metrics.csv")
    if predictions is not None:
        pl.DataFrame(predictions).write_parquet(folder / "predictions.parquet")
    return folder


def write_sweep(folder: Path, *, kind: str = "grid", planned: int | None = None, **more: Any) -> Path:
    """A sweep's own file; its runs are written beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    content = {"name": folder.name, "kind": kind, "command": [], "overrides": [], "created": STARTED}
    (folder / "sweep.json").write_text(json.dumps(content | {"planned": planned} | more))
    return folder


def write_grid(
    folder: Path,
    choices: Mapping[str, Sequence[Any]],
    seeds: int,
    value: Callable[[dict[str, Any], int], Mapping[str, float]],
    **more: Any,
) -> Path:
    """A sweep of every combination and seed.

    Args:
        folder: the sweep's.
        choices: dotted key to its values, or group to its options.
        seeds: 0, 1, ….
        value: choices and seed of a run to its test metrics.
        more: of every run, as `write_run` takes it.
    """
    jobs = [dict(zip(choices, each, strict=True)) for each in itertools.product(*choices.values())]
    write_sweep(folder, planned=len(jobs) * seeds)
    for number, (choice, seed) in enumerate(itertools.product(jobs, range(seeds))):
        typed = [*(f"{key}={setting}" for key, setting in choice.items()), f"seed={seed}"]
        job = {"hash": f"{number:016x}", "overrides": typed, "number": number, "attempt": 1, "pid": None}
        cfg = config(choice, seed=seed)
        write_run(folder / str(number), cfg, value(choice, seed), overrides=typed, job=job, **more)
    return folder


def training_curves(points: int, seed: int = 0, tasks: Sequence[str] = ("sum", "largest")) -> bytes:
    """A `metrics.csv` of so many rows: falling losses, task weights, a cosine, and validation every hundredth row."""
    rng = np.random.default_rng(seed)
    step = np.arange(points) * 10
    fall = np.exp(-np.linspace(0, 3, points))[:, None]
    noise = rng.normal(0, 0.02, (points, 4 * len(tasks) + 2))
    weights = 1 + 0.3 * np.cumsum(noise, 0) / np.sqrt(points)
    validated = (np.arange(points) % 100 == 99) | (np.arange(points) == points - 1)
    columns: dict[str, Any] = {"step": step, "epoch": np.arange(points) // 100}
    for index, task in enumerate(tasks):
        columns[f"step/{task}/loss"] = fall[:, 0] + noise[:, index]
        columns[f"step/{task}/weight"] = weights[:, index]
        columns[f"step/{task}/gradient_norm"] = np.abs(fall[:, 0] + noise[:, index + 2])
    if len(tasks) > 1:
        columns[f"step/cosine/{tasks[0]}~{tasks[1]}"] = np.tanh(noise[:, -1] * 20)
    columns["lr/model"] = 1e-3 * fall[:, 0]
    columns["speed/rows_per_second"] = 640 + 100 * noise[:, -2]
    for index, task in enumerate(tasks):
        columns[f"val/{task}/loss"] = np.where(validated, fall[:, 0] + noise[:, index + 1], np.nan)
        columns[f"val/{task}/accuracy"] = np.where(validated, 1 - fall[:, 0] / 2 + noise[:, index], np.nan)
    columns["val/loss"] = np.where(validated, fall[:, 0], np.nan)
    # Six digits, and the cells of what was not logged left empty, as the logger does.
    return pl.DataFrame(columns, nan_to_null=True).write_csv(float_precision=6).encode()


def write_many(folder: Path, runs: int = 500, points: int = 10_000, kinds: int = 8) -> Path:
    """A large sweep: fusion × weighting × learning rate × seed, with learning curves of `kinds` different runs."""
    curves = [training_curves(points, seed) for seed in range(kinds)]
    rng = np.random.default_rng(0)
    write_sweep(folder, planned=runs)
    for number in range(runs):
        fusion = list(COMPONENTS["fusion"])[number % 4]
        weighting = list(COMPONENTS["loss_weighting"])[number // 4 % 3]
        seed, rate = number // 12 % 5, round(10 ** float(rng.uniform(-4, -2)), 6)
        typed = [f"fusion={fusion}", f"loss_weighting={weighting}", f"optimizer.lr={rate}", f"seed={seed}"]
        cfg = config({"fusion": fusion, "loss_weighting": weighting, "optimizer.lr": rate}, seed=seed)
        accuracy = 0.8 + 0.02 * (number % 4) + float(rng.normal(0, 0.01))
        metrics = {"test/rows": 1000.0, "test/largest/accuracy": accuracy, "test/sum/mae": 2.0 - accuracy}
        for index, subset in enumerate(("image", "speech", "text", "image+speech", "image+text", "speech+text")):
            metrics[f"test[{subset}]/largest/accuracy"] = accuracy - 0.3 + 0.04 * index
            metrics[f"test[{subset}]/sum/mae"] = 2.5 - accuracy - 0.04 * index
        job = {"hash": f"{number:016x}", "overrides": typed, "number": number, "attempt": 1, "pid": None}
        write_run(folder / str(number), cfg, metrics, overrides=typed, job=job, curves=curves[number % kinds])
    return folder
