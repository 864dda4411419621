"""Sweeps with one of everything that the page can show, made up: what its tests and its screenshots look at."""

from __future__ import annotations

import itertools
import math
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import polars as pl
from optuna.distributions import CategoricalDistribution, FloatDistribution
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import TrialState, create_trial

from tests.helpers.run_folders import config, write_run, write_sweep

FUSIONS, WEIGHTINGS, SEEDS = ("concat", "gated", "sum"), ("equal", "uncertainty", "gradnorm"), 3
NASTY = "</script><img src=x onerror=alert(1)>"
"""A run's name and error that would be markup if anything took them for it."""

_GAIN = {"concat": 0.0, "gated": 0.03, "sum": -0.02, "equal": 0.0, "uncertainty": 0.015, "gradnorm": 0.005}
_TRADE = {"equal": -0.04, "uncertainty": 0.08, "gradnorm": -0.09}
"""What a weighting does to the error of `sum` besides."""
_WORTH = {"image": 0.12, "speech": 0.2, "text": 0.07}
_CLASSES = ("image", "speech", "text")


def write_example_sweeps(folder: Path) -> None:
    """`fusion-weighting` (a grid with a failed, a diverged, a stopped and a running job) and `lr-search`."""
    write_grid_sweep(folder / "fusion-weighting")
    write_search(folder / "lr-search")


def write_grid_sweep(folder: Path) -> None:
    """3 fusions × 3 weightings × 3 seeds of two more to come."""
    write_sweep(folder, planned=len(FUSIONS) * len(WEIGHTINGS) * SEEDS + 2)
    jobs = itertools.product(FUSIONS, WEIGHTINGS, range(SEEDS))
    for number, (fusion, weighting, seed) in enumerate(jobs):
        write_job(folder, number, fusion, weighting, seed, _BECAME.get(number, "completed"))


SHORT, SPIKE, PEAK = 0, 1, 100
"""Jobs of concat with equal weights: one that stopped early, one whose loss of `sum` is `PEAK` times too high once."""

_BECAME = {5: "failed", 16: "diverged", 21: "stopped", 26: "running"}
_ERRORS = {
    "failed": f"RuntimeError: the process ended with exit code 139 (segmentation fault); {NASTY}",
    "diverged": "FloatingPointError: the loss of task sum is nan at step 2100 (epoch 5)",
    "stopped": "was ended after timeout_s=600",
}


def write_job(
    folder: Path, number: int, fusion: str, weighting: str, seed: int, became: str = "completed", **settings: Any
) -> Path:
    """One job of the grid, as it became: completed, failed, diverged, stopped or running; `settings` are typed too."""
    rng = np.random.default_rng(number)
    chosen = {"fusion": fusion, "loss_weighting": weighting, **settings}
    typed = [f"{key}={value}" for key, value in {**chosen, "seed": seed}.items()]
    job = {"hash": f"{number:016x}", "overrides": typed, "number": number, "attempt": 1, "pid": None}
    level = 0.84 + _GAIN[fusion] + _GAIN[weighting] + float(rng.normal(0, 0.008))
    steps = {"failed": 60, "diverged": 300, "stopped": 140, "running": 180}.get(became, 300 if number == SHORT else 400)
    more: dict[str, Any] = {"error": _ERRORS.get(became)}
    if became == "completed":
        more |= {"ceilings": {"test/largest/accuracy": 0.935}, "predictions": _predictions(rng, level)}
        more["validation"] = {"val/largest/accuracy": level + 0.004, "val/loss": 0.5 - level / 4}
    place = FUSIONS.index(fusion)
    path = write_run(
        folder / str(number),
        config(chosen, seed=seed),
        _tested(level, rng, _TRADE[weighting]) if became == "completed" else {},
        status="failed" if became == "diverged" else became,
        overrides=typed,
        job=job,
        curves=_logged(level, rng, steps, weighting, 210 if became == "diverged" else None, number == SPIKE),
        cost={"parameters": 795_000 + 60_000 * place, "rows_per_second": 640 - 40 * place},
        monitor={"metric": {"val/largest/accuracy": 1.0}, "mode": "max", "best": level, "epoch": 6, "step": 2800},
        seconds=float(44 + 5 * place + rng.normal(0, 1.5)),
        **more,
    )
    if became != "completed":
        bar = "".join(f"\repoch {i}: {10 * i}%" for i in range(4))
        (path / "log.txt").write_text(f"started\n\x1b[32mreading data\x1b[0m\n{bar}\n{NASTY}\n")
    return path


def write_search(folder: Path, trials: int = 24) -> None:
    """A search over learning rate, dropout and fusion, with pruned trials and its study."""
    objective = {"metric": "val/largest/accuracy", "direction": "maximize"}
    write_sweep(folder, kind="search", study="lr-search", storage="study.journal", objectives=[objective])
    space = {
        "optimizer.lr": FloatDistribution(1e-4, 1e-1, log=True),
        "head.dropout": FloatDistribution(0.0, 0.5),
        "fusion": CategoricalDistribution(FUSIONS),
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the journal is experimental to Optuna
        storage = JournalStorage(JournalFileBackend(str(folder / "study.journal")))
        study = optuna.create_study(study_name="lr-search", storage=storage, direction="maximize")
    rng = np.random.default_rng(7)
    for number in range(trials):
        lr, dropout = float(10 ** rng.uniform(-4, -1)), float(rng.uniform(0, 0.5))
        fusion = FUSIONS[number % 3]
        level = 0.88 - 0.05 * abs(math.log10(lr) + 2.6) ** 1.5 - 0.05 * dropout + _GAIN[fusion] / 3
        pruned = number % 6 == 5
        params = {"optimizer.lr": lr, "head.dropout": dropout, "fusion": fusion}
        state = TrialState.PRUNED if pruned else TrialState.COMPLETE
        study.add_trial(create_trial(state=state, params=params, distributions=space, value=None if pruned else level))
        typed = [f"{key}={value}" for key, value in params.items()]
        more = {"pruned": True, "error": "pruned after epoch 2: below the median"} if pruned else {}
        write_run(
            folder / str(number),
            config({"fusion": fusion, "optimizer.lr": lr, "head.dropout": dropout}),
            {} if pruned else _tested(level, rng),
            status="stopped" if pruned else "completed",
            overrides=typed,
            job={"hash": f"{number:016x}", "overrides": typed, "number": number, "attempt": 1, "trial": number},
            curves=_logged(level, rng, 80 if pruned else 400, "equal"),
            validation={} if pruned else {"val/largest/accuracy": level},
            **more,
        )


def _tested(level: float, rng: np.random.Generator, trade: float = 0.0) -> dict[str, float]:
    """Test metrics with all modalities and with each subset."""
    found = {"test/rows": 1000.0, **_both("test", level, trade)}
    for size in (1, 2):
        for subset in itertools.combinations(_WORTH, size):
            without = sum(worth for name, worth in _WORTH.items() if name not in subset)
            hurt = without * (1.4 if size == 1 else 1.0) + float(rng.normal(0, 0.01))
            found |= _both(f"test[{'+'.join(subset)}]", level - hurt, trade)
    return found


def _both(split: str, level: float, trade: float) -> dict[str, float]:
    return {
        f"{split}/largest/labels": 1000.0,
        f"{split}/largest/accuracy": float(level),
        f"{split}/largest/f1": float(level - 0.006),
        f"{split}/largest/calibration_error": float(0.12 - level / 10),
        f"{split}/sum/mae": float(3.9 - 3.4 * level + trade),
        f"{split}/sum/rmse": float(4.9 - 4.2 * level + trade),
    }


def _logged(level, rng, points: int, weighting: str, nan_from: int | None = None, spike: bool = False) -> bytes:
    """A `metrics.csv`: losses, weights and cosines as a run logs them, validation each 40 steps, one thing once."""
    step = np.arange(points) * 10
    share = np.linspace(0, points / 400, points)
    columns: dict[str, Any] = {"step": step, "epoch": np.arange(points) // 40}
    drift = {"equal": 0.0, "uncertainty": 0.9, "gradnorm": 0.5}[weighting]
    for task, size, sign in (("sum", 1.2, 1), ("largest", 1.0, -1)):
        loss = size * (0.12 + 0.9 * np.exp(-4 * share)) * np.exp(rng.normal(0, 0.12, points)) * (1.6 - level)
        if nan_from is not None:
            loss[nan_from:] = np.nan
        if spike and task == "sum":
            loss[250] *= PEAK
        columns[f"step/{task}/loss"] = loss
        wander = np.cumsum(rng.normal(0, 0.012, points)) * (weighting == "gradnorm")
        columns[f"step/{task}/weight"] = 1 + sign * drift * (1 - np.exp(-3 * share)) * 0.6 + wander
    columns["step/cosine/largest~sum"] = np.tanh(0.8 * np.exp(-2 * share) - 0.25 + rng.normal(0, 0.12, points))
    columns["lr/model"] = 1e-3 * np.clip(share * 20, 0, 1) * (0.5 + 0.5 * np.cos(np.pi * share))
    validated = np.arange(points) % 40 == 39
    seen = level * (1 - 0.55 * np.exp(-5 * share)) + rng.normal(0, 0.006, points)
    texts = {name: [f"{value:.6g}" for value in np.asarray(values, float)] for name, values in columns.items()}
    for name, values in (("val/largest/accuracy", seen), ("val/loss", 1.4 - seen), ("val/sum/mae", 3.9 - 3.4 * seen)):
        texts[name] = [f"{value:.6g}" if at else "" for value, at in zip(values, validated, strict=True)]
    texts["val/once"] = ["0.5" if i == 39 else "" for i in range(points)]
    texts |= {name: [str(int(value)) for value in columns[name]] for name in ("step", "epoch")}
    return pl.DataFrame(texts).write_csv(quote_style="never").encode()


def _predictions(rng: np.random.Generator, level: float, rows: int = 300) -> dict[str, Any]:
    table = np.random.default_rng(0)  # all runs are tested on the rows of one
    true, sums = table.integers(0, 3, rows), table.normal(13, 4, rows)
    logits = rng.normal(0, 1, (rows, 3)) + 2.4 * level * np.eye(3)[true]
    p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    return {
        "id": [f"test_{i:05}" for i in range(rows)],
        "sum": rng.normal(13, 4, rows).tolist(),
        "largest": [_CLASSES[i] for i in p.argmax(1)],
        "largest_p": p.max(1).tolist(),
        **{f"largest_p_{name}": p[:, i].tolist() for i, name in enumerate(_CLASSES)},
        "sum_true": sums.tolist(),
        "largest_true": [_CLASSES[i] for i in true],
    }
