"""A manifest with every kind of modality and every kind of task, with holes, made in a folder."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import soundfile
from PIL import Image

ROWS = 60
EXPERIMENT = """\
# @package _global_
defaults:
  - /encoder/image: cnn
  - /encoder/text@encoder.note: bag
  - /encoder/speech@encoder.voice: spectrogram_cnn
  - /encoder/tabular@encoder.vitals: mlp
  - /encoder/features@encoder.vector: mlp
  - /encoder/series@encoder.signal: gru
  - /task@task.kind: classification
  - /task@task.flag: binary
  - /task@task.tags: multilabel
  - /task@task.size: regression
  - override /data: manifest
  - _self_
name: all_kinds
data:
  path: {path}
  id: id
  split: {{column: split}}
  modalities:
    image: {{kind: image, column: image, size: [16, 16], channels: 1}}
    note: {{kind: text, column: note}}
    voice: {{kind: speech, column: voice, sample_rate: 8000, seconds: 0.25}}
    vitals: {{kind: tabular, columns: [age, weight, ward], categorical: [ward]}}
    vector: {{kind: features, column: vector}}
    signal: {{kind: series, column: signal}}
  loader: {{batch_size: 8}}
task:
  tags: {{separator: "|"}}
trainer: {{max_epochs: 1, enable_progress_bar: false}}
"""
WORDS = ("red", "green", "blue", "small", "large", "round", "square")


def write_all_kinds(folder: Path, holes: bool = True) -> Path:
    """Write `all_kinds.csv`, its media and `conf/experiment/all_kinds.yaml` below `folder`; returns the config folder.

    With `holes`, every fifth cell of a modality and of a task is empty, in a pattern that leaves each row something.
    """
    rng = np.random.default_rng(0)
    (folder / "media").mkdir(parents=True)
    rows = [_row(folder, i, rng) for i in range(ROWS)]
    columns = list(rows[0])
    if holes:
        for i, row in enumerate(rows):
            for j, column in enumerate(columns[2:]):
                if (i + j) % 5 == 0:
                    row[column] = ""
    with (folder / "all_kinds.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)
    experiment = folder / "conf" / "experiment" / "all_kinds.yaml"
    experiment.parent.mkdir(parents=True)
    experiment.write_text(EXPERIMENT.format(path=folder / "all_kinds.csv"))
    return folder / "conf"


def _row(folder: Path, i: int, rng: np.random.Generator) -> dict[str, str]:
    kind = i % 3
    Image.fromarray(rng.integers(0, 255, (16, 16), dtype=np.uint8)).save(folder / "media" / f"{i}.png")
    soundfile.write(folder / "media" / f"{i}.wav", 0.1 * rng.standard_normal(1600), 8000)
    np.save(folder / "media" / f"vector{i}.npy", rng.standard_normal(5).astype(np.float32))
    np.save(folder / "media" / f"signal{i}.npy", rng.standard_normal((4 + i % 3, 2)).astype(np.float32))
    return {
        "id": f"row{i}",
        "split": "train" if i < 36 else "val" if i < 48 else "test",
        "image": f"media/{i}.png",
        "note": " ".join(rng.choice(WORDS, 3)),
        "voice": f"media/{i}.wav",
        "age": str(20 + i),
        "weight": f"{60 + i / 2:.1f}",
        "ward": "abc"[i % 3],
        "vector": f"media/vector{i}.npy",
        "signal": f"media/signal{i}.npy",
        "kind": ("cat", "dog", "owl")[kind],
        "flag": ("no", "yes")[i % 2],
        "tags": "|".join(["furry"] * (kind < 2) + ["night"] * (kind != 1)),
        "size": f"{1 + kind + rng.random():.3f}",
    }
