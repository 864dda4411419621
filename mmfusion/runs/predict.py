"""`mmfusion predict RUN new.csv --out predictions.parquet`."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
import polars as pl

from mmfusion.data.decode.paths import PathError, Place, is_remote, likely_meant, local, resolve_path
from mmfusion.data.errors import DataError, Problems, shorten
from mmfusion.data.kinds._base import Kind
from mmfusion.data.table.cells import Cells
from mmfusion.data.table.new_rows import read_rows
from mmfusion.data.table.table import Table
from mmfusion.progress import busy
from mmfusion.runs.config import OF_NEW_TABLE, reading_overrides, take_root
from mmfusion.runs.load import load_run
from mmfusion.runs.prediction_table import check_suffix, write_table


def check_media(rows: Table, kinds: Mapping[str, Kind], *, may_lack: bool = False) -> None:
    """Refuse a table of which no medium is where it is looked for, or, unless they may lack, some are not."""
    if rows.root is None or is_remote(rows.root):
        return
    for name, kind in kinds.items():
        columns = kind.columns or [name]
        if not kind.reads_files or any(column not in rows.columns for column in columns):
            continue
        cells = Cells([rows.columns[column] for column in columns])
        paths = [(row, cells[row]) for row in np.flatnonzero(cells.filled()).tolist()]
        paths = [(row, path) for row, path in paths if isinstance(path, str)]
        lacking = [(row, path) for row, path in paths if not _is_there(rows.root, path)]
        if not lacking:
            continue
        meant, where = likely_meant(rows.root, lacking[0][1]), f"{rows.name}, column {columns[0]!r}"
        advice = meant or "give the folder that its paths start from as --root DIR"
        if len(lacking) == len(paths):
            raise DataError(f"{where}: no file {shorten(lacking[0][1])} under {rows.root}; {advice}")
        if not may_lack:
            problems = Problems(rows.name)
            for row, path in lacking:
                problems.add(int(rows.rows[row]), columns[0], path, f"no such file under {rows.root}")
            count = f"{len(paths) - len(lacking)} of {len(paths)} files are there"
            problems.raise_if_any(f"{where}: {count}; {advice}, or empty the cells of rows that have none")


def _is_there(root: Place, path: str) -> bool:
    # What leads outside of the root is reported with its row, but for an absolute path of another machine.
    with suppress(PathError):
        return os.path.exists(resolve_path(root, path))  # noqa: PTH110
    return not os.path.isabs(path)  # noqa: PTH117


def predict(
    run: str | Path,
    table: str | Path,
    out: str | Path | None = None,
    checkpoint: str = "best",
    root: str | None = None,
    device: str = "cpu",
    trusted_modules: Sequence[str] = (),
    overrides: Sequence[str] = (),
) -> pl.DataFrame:
    """Predict the rows of a new table; an empty cell, or a column that is not there, is an absent modality.

    Args:
        run, checkpoint, device, trusted_modules: see `load_run`.
        table: CSV, TSV, JSON, JSONL or Parquet with the columns that the run's modalities read; labels are not needed.
        out: where predictions go: .parquet, .csv, .tsv or .jsonl; None writes nothing.
        root: the folder that media paths are relative to; None is the table's own.
        overrides: how the new table is read, where its file does not show it: `data.header=false`, `data.id=null`.

    Returns:
        `id`, each task's prediction and probabilities; see `prediction_table`.

    Raises:
        ConfigError: not a run, or an unknown suffix.
        DataError: the table cannot be read, or a row has none of the model's modalities.
    """
    if out is not None:
        out = local(out)
        check_suffix(out)
    given = reading_overrides(overrides, OF_NEW_TABLE)
    root = take_root(given, root)
    with busy("loading the run"):
        loaded = load_run(run, checkpoint, device, trusted_modules)
    rows = read_rows(table, loaded.config["data"], root, given)
    check_media(rows, loaded.data.kinds, may_lack=loaded.config["data"].get("loader", {}).get("on_error") == "absent")
    predictions = loaded.predict_table(rows)
    if out is not None:
        write_table(predictions, out)
    return predictions
