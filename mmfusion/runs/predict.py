"""`mmfusion predict RUN new.csv --out predictions.parquet`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from mmfusion.config.errors import ConfigError
from mmfusion.data.manifest.new_rows import read_rows
from mmfusion.data.progress import busy
from mmfusion.runs.config import new_table_overrides
from mmfusion.runs.load import load_run
from mmfusion.runs.tables import check_suffix, write_table


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
        check_suffix(Path(out))
    given = new_table_overrides(overrides)
    if root is not None and given.get("root", root) != root:
        raise ConfigError(f"--root {root} and data.root={given['root']}: give one of them")
    with busy("loading the run"):
        loaded = load_run(run, checkpoint, device, trusted_modules)
    rows = read_rows(table, loaded.config["data"], root, given)
    predictions = loaded.predict_table(rows)
    if out is not None:
        write_table(predictions, Path(out))
    return predictions
