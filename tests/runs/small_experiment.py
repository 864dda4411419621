"""A small table of numbers with holes, and an experiment on it, for tests that need a whole run."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np

from mmfusion.config.compose import load_config

EXPERIMENT = """\
# @package _global_
# numbers
defaults:
  - /encoder/features@encoder.a: mlp
  - /encoder/features@encoder.b: mlp
  - /encoder/tabular@encoder.c: mlp
  - /task@task.kind: classification
  - /task@task.level: regression
  - /task@task.flag: binary
  - override /data: manifest
  - override /optimizer: adamw
  - _self_
name: small
data:
  path: {path}
  id: id
  modalities:
    a: {{kind: features, columns: [a1, a2, a3]}}
    b: {{kind: features, columns: [b1, b2]}}
    c: {{kind: tabular, columns: [c1, c2]}}
  loader: {{batch_size: 32}}
encoder:
  a: {{hidden: [8]}}
  b: {{hidden: [8]}}
  c: {{hidden: [8]}}
fusion: {{dim: 8}}
trainer: {{accelerator: cpu, max_epochs: 3, log_every_n_steps: 2}}
optimizer: {{lr: 0.01}}
"""


def write_small_experiment(folder: Path, rows: int = 150) -> Path:
    """Write `small.csv` and `conf/experiment/small.yaml`; returns the config folder."""
    rng = np.random.default_rng(0)
    (folder / "conf" / "experiment").mkdir(parents=True)
    (folder / "conf" / "experiment" / "small.yaml").write_text(EXPERIMENT.format(path=folder / "small.csv"))
    with (folder / "small.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "split", "a1", "a2", "a3", "b1", "b2", "c1", "c2", "kind", "level", "flag"])
        for i in range(rows):
            a, b, c = rng.normal(size=3), rng.normal(size=2), rng.normal(size=2)
            split = ("train", "train", "train", "val", "test")[i % 5]
            kind = ("low", "mid", "high")[int(np.digitize(a[0] + b[0], [-0.6, 0.6]))]
            row = [f"r{i}", split, *a, *b, *c, kind, 2 * a[1] + b[1] - c[0] + 10, "yes" if c[1] > 0 else "no"]
            if i % 7 == 0:
                row[2:5] = [""] * 3
            if i % 11 == 0:
                row[9] = ""
            writer.writerow(row)
    return folder / "conf"


def small_config(conf: Path, *overrides: str) -> dict[str, Any]:
    return load_config(["experiment=small", f"paths.outputs={conf.parent / 'outputs'}", *overrides], [conf])
