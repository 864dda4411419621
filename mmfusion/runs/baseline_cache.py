"""What simple models reach on a run's rows: measured once for a table, then read from the outputs' folder."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from itertools import product
from pathlib import Path
from typing import Any

import polars as pl

import mmfusion
from mmfusion.baselines.measure import measure_baselines
from mmfusion.data.module import MultiModalData
from mmfusion.data.table.locations import absolute
from mmfusion.progress import busy
from mmfusion.runs.prediction_table import prediction_table, write_table
from mmfusion.runs.provenance import fingerprint
from mmfusion.runs.row_scores import against
from mmfusion.store.files import BASELINE_PREDICTIONS, BASELINES
from mmfusion.store.folder import RunFolder
from mmfusion.tasks._base import Task

_SPLITS = ("train", "val", "test")


def baselines(
    config: Mapping[str, Any], data: MultiModalData, tasks: Mapping[str, Task]
) -> tuple[dict[str, Any], Path]:
    """The summary of `mmfusion.baselines.measure`, and the folder of it and of the best models' predictions.

    A table is measured once for its rows, splits, modalities and tasks. `tasks` and `data` must be set up; the test
    split must have rows.
    """
    folder = Path(config["paths"]["outputs"]).expanduser().absolute() / "baselines" / _key(config, data)
    kept = RunFolder(folder)
    if (folder / BASELINES).is_file():
        return kept.read(BASELINES), folder
    splits = {split: rows for split in _SPLITS if (rows := data.rows(split)) is not None}
    with busy("fitting simple models"):
        measured = measure_baselines(splits, data.kinds, tasks)
    folder.mkdir(parents=True, exist_ok=True)
    known = {name: task for name, task in tasks.items() if name in measured.outputs}
    write_table(prediction_table(known, measured.ids, measured.outputs), folder / BASELINE_PREDICTIONS)
    kept.write(BASELINES, {name: value for name, value in vars(measured).items() if name not in ("ids", "outputs")})
    return kept.read(BASELINES), folder  # in which nan has become null


def compared(summary: Mapping[str, Any], folder: Path, predictions: pl.DataFrame, run: Path) -> dict[str, Any]:
    """The summary for a run, with what the run's predictions come to beside the best simple model's of each task.

    The simple models' predictions are copied to the run's folder.
    """
    simple = pl.read_parquet(folder / BASELINE_PREDICTIONS)
    shutil.copyfile(folder / BASELINE_PREDICTIONS, run / BASELINE_PREDICTIONS)
    return {**summary, "against": {task: against(task, predictions, simple) for task in summary["best"]}}


def _key(config: Mapping[str, Any], data: MultiModalData) -> str:
    assert data.table is not None
    source = {key: value for key, value in absolute(config["data"]).items() if key != "loader"}
    modalities = source.get("modalities") or {}
    used = {name: modalities.get(name) for name in config["encoder"]}
    # Noise of transforms is drawn from the seed, rows by ratio too.
    is_random = any((node or {}).get("transforms") for node in used.values())
    parts = {
        "mmfusion": mmfusion.__version__,
        "rows": fingerprint(data.table)["hash"],
        "media": _media(data),
        "modalities": used,
        "tasks": config["task"],
        "seed": config["seed"] if is_random else None,
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()[:16]


def _media(data: MultiModalData) -> str:
    """Changes with the size or time of any local medium, which the table's own fingerprint does not see."""
    assert data.table is not None
    whole = hashlib.sha256()
    root = data.table.root
    of_files = [name for name, kind in data.kinds.items() if kind.reads_files]
    if root is None or "://" in str(root):
        return whole.hexdigest()
    for name, split in product(of_files, _SPLITS):
        rows = data.rows(split)
        for cell in () if rows is None else rows.inputs[name].cells:
            if isinstance(cell, str) and (path := Path(root) / cell).is_file():
                about = path.stat()
                whole.update(f"{cell}\0{about.st_size}\0{about.st_mtime_ns}\0".encode())
    return whole.hexdigest()
