"""`mmfusion predict RUN new.csv --out predictions.parquet`."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
import polars as pl

from mmfusion.data.cells import Cells
from mmfusion.data.errors import DataError, shorten
from mmfusion.data.kinds._base import Kind
from mmfusion.data.manifest.new_rows import read_rows
from mmfusion.data.paths import PathError, is_remote, likely_meant, local, resolve
from mmfusion.data.progress import busy
from mmfusion.data.table import Table
from mmfusion.runs.config import new_table_overrides, take_root
from mmfusion.runs.load import load_run
from mmfusion.runs.tables import check_suffix, write_table

_LOOKED_FOR = 200


def check_media(rows: Table, kinds: Mapping[str, Kind]) -> None:
    """Refuse a table of which no medium is where it is looked for.

    Raises:
        DataError: asks for the media's folder.
    """
    if rows.root is None or is_remote(rows.root):
        return
    for name, kind in kinds.items():
        columns = kind.columns or [name]
        if not kind.reads_files or any(column not in rows.columns for column in columns):
            continue
        cells = Cells([rows.columns[column] for column in columns])
        paths = [cell for cell in cells.take(np.flatnonzero(cells.filled())[:_LOOKED_FOR]) if isinstance(cell, str)]
        with suppress(PathError):  # what leads outside is said of its row
            if paths and not any(os.path.exists(resolve(rows.root, path)) for path in paths):  # noqa: PTH110
                meant = likely_meant(rows.root, paths[0])
                raise DataError(
                    f"{rows.name}, column {columns[0]!r}: no file {shorten(paths[0])} under {rows.root}"
                    + (f"; {meant}" if meant else "; give the folder that its paths start from as --root DIR")
                )


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
        run: the run's folder.
        table: CSV, TSV, JSONL or Parquet with the columns that the run's modalities read; labels are not needed.
        out: where predictions go: .parquet, .csv, .tsv or .jsonl; None writes nothing.
        checkpoint: see `load_run`.
        root: the folder that media paths are relative to; None is the table's own.
        device: see `load_run`.
        trusted_modules: see `load_run`.
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
    given = new_table_overrides(overrides)
    root = take_root(given, root)
    with busy("loading the run"):
        loaded = load_run(run, checkpoint, device, trusted_modules)
    rows = read_rows(table, loaded.config["data"], root, given)
    check_media(rows, loaded.data.kinds)
    predictions = loaded.predict_table(rows)
    if out is not None:
        write_table(predictions, out)
    return predictions
