"""A table of images, speech and texts with labels, and its validation."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import polars as pl
import soundfile
from rich.console import Console

from mmfusion.data.table.table import Table
from mmfusion.runs.validate import validate
from mmfusion.runs.validation.findings import Findings

N = 100
IMAGE = {"kind": "image", "column": "image", "size": [6, 6], "channels": 1}
SPEECH = {"kind": "speech", "column": "speech", "sample_rate": 8000}
TEXT = {"kind": "text", "column": "text"}
LABEL = {"_target_": "mmfusion.tasks.classification.Classification", "column": "label"}
WORDS = ("red", "green", "blue", "stone", "river", "cloud", "bird", "tree")


def media() -> dict[str, bytes]:
    """Name to content of each row's image and speech."""
    generator = np.random.default_rng(1)
    files = {}
    for i in range(N):
        for name in (f"{i}.png", f"{i}.wav"):
            file = io.BytesIO()
            if name.endswith("png"):
                PIL.Image.fromarray(generator.integers(0, 256, (6, 6)).astype(np.uint8)).save(file, "PNG")
            else:
                soundfile.write(file, generator.normal(size=50) * 0.1, 8000, format="WAV")
            files[name] = file.getvalue()
    return files


def make_rows(folder: Path, files: dict[str, bytes]) -> list[dict[str, Any]]:
    """Write the media; returns the table's rows."""
    for name, content in files.items():
        (folder / name).write_bytes(content)
    generator = np.random.default_rng(0)
    rows = []
    for i in range(N):
        text = " ".join(generator.choice(WORDS, 4))
        label = ("cat", "dog")[generator.integers(0, 2)]
        row = {
            "id": f"r{i}",
            "split": split_of(i),
            "image": f"{i}.png",
            "speech": f"{i}.wav",
            "text": text,
            "label": label,
        }
        rows.append(row | {"who": f"{split_of(i)}{i % 7}", "dose": f"{generator.normal():.6f}"})
    return rows


def split_of(i: int) -> str:
    return "train" if i < 60 else "val" if i < 80 else "test"


def table_of(columns: dict[str, Any], splits: list[str] | None = None) -> Table:
    """Columns as a table; all rows in training, unless splits are given."""
    series = {name: cells if isinstance(cells, np.ndarray) else pl.Series(cells) for name, cells in columns.items()}
    count = len(next(iter(series.values())))
    return Table("rows.csv", series, splits or ["train"] * count, list(map(str, range(count))), range(2, count + 2))


def write(folder: Path, rows: list[dict[str, Any]]) -> None:
    with (folder / "rows.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def check(folder: Path, rows: list[dict[str, Any]], **changes: Any) -> tuple[Findings, str]:
    write(folder, rows)
    cfg = {
        "seed": 0,
        "encoder": {"image": {}, "speech": {}, "text": {}},
        "task": {"label": LABEL},
        "data": {
            "_target_": "mmfusion.data.sources.manifest.ManifestSource",
            "path": str(folder / "rows.csv"),
            "id": "id",
            "modalities": {"image": IMAGE, "speech": SPEECH, "text": TEXT},
            "loader": {"workers": 0},
        },
    }
    cfg["data"] |= changes.pop("data", {})
    console = Console(file=io.StringIO(), width=300)
    return validate(cfg | changes, console), console.file.getvalue()
