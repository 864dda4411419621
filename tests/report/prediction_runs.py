"""Run folders with predictions of a task `y`, made up."""

from __future__ import annotations

import json

import numpy as np
import torch

from mmfusion.runs.rescore import Tested, score
from mmfusion.tasks.binary import Binary
from tests.helpers.run_folders import config, write_run

STATE = {"classes": ["no", "yes"], "counts": [1, 1]}
BINARY = "mmfusion.tasks.binary.Binary"
WRONG = {"a": 0.05, "b": 0.05}


def make_rows(n=200, seed=0):
    """Ids, labels, and which rows are hard: nobody can tell these."""
    rng = np.random.default_rng(seed)
    return [f"r{i}" for i in range(n)], rng.integers(0, 2, n), rng.random(n) < 0.4


def write_predicted_run(
    folder, name, rows, kept, seed=0, target=BINARY, table="t", wrong=0.05, score_with=None, **more
):
    """A run of encoder `name` that was tested on the rows `kept`; its metrics are what its predictions come to."""
    ids, labels, hard = rows
    rng = np.random.default_rng(seed + sum(map(ord, name)))
    flips = np.where(hard, rng.random(len(ids)) < 0.5, rng.random(len(ids)) < wrong)
    said = np.where(flips, 1 - labels, labels)
    p = np.clip(said * 0.8 + 0.1 + rng.normal(0, 0.02, len(ids)), 0.01, 0.99)
    chosen = np.flatnonzero(kept)
    task = (score_with or Binary)()
    task.load_state(STATE)
    own = {ids[i]: ("no", "yes")[labels[i]] for i in chosen}
    outputs = torch.tensor(p[chosen]).logit().float()[:, None]
    found = score([Tested(task, outputs, torch.tensor(labels[chosen]), own)])
    cfg = config(seed=seed, without=["encoder", "task"])
    cfg |= {
        "encoder": {name: {"_target_": "mmfusion.encoders.features_mlp.FeaturesMLP"}},
        "task": {"y": {"_target_": target}},
    }
    predictions = {"id": [ids[i] for i in chosen], "y": [("no", "yes")[said[i]] for i in chosen]}
    predictions |= {"y_p_yes": p[chosen].tolist(), "y_true": list(own.values())}
    metrics = {f"test/y/{metric}": value for metric, value in found.items()}
    metrics |= {"test/rows": float(len(chosen)), "test/y/labels": float(len(chosen))}
    given = {"metrics": metrics, "predictions": predictions, "table": table, "overrides": [f"seed={seed}"]} | more
    path = write_run(folder, cfg, **given)
    (path / "fitted").mkdir(exist_ok=True)
    (path / "fitted" / "tasks.json").write_text(json.dumps({"y": STATE}))
    return path


def write_unequal_runs(folder, seeds=3, **more):
    """Two encoders that are equal where both were tested; one alone was tested on the hard rows too."""
    rows = make_rows()
    for seed in range(seeds):
        write_predicted_run(folder / f"a{seed}", "a", rows, np.ones(len(rows[0]), bool), seed, **more)
        write_predicted_run(folder / f"b{seed}", "b", rows, ~rows[2], seed, **more)
    return folder, rows
