"""`metrics.csv` as a table, also while it is being written."""

from __future__ import annotations

import csv
from pathlib import Path

import polars as pl


def read_curves(path: Path) -> pl.DataFrame:
    """Step, epoch and every logged column; null where nothing was logged; no rows if there is no such file.

    A last line that is only half there is left out, a cell that is no number is null.
    """
    content = path.read_bytes() if path.is_file() else b""
    content = content[: content.rfind(b"\n") + 1]
    names = next(csv.reader([content.partition(b"\n")[0].decode("utf-8", errors="replace")]), [])
    if "step" not in names:
        return pl.DataFrame(schema={"step": pl.Int64, "epoch": pl.Int64})
    # With the types given, polars reads numbers at once: ten thousand steps of forty columns in some ten milliseconds.
    types = dict.fromkeys(names, pl.Float64)
    table = pl.read_csv(content, schema_overrides=types, ignore_errors=True, truncate_ragged_lines=True)
    return table.with_columns(pl.col("^(step|epoch)$").cast(pl.Int64))


def curve_names(path: Path) -> list[str]:
    """The logged columns; none if the file cannot be read. Only its first line is."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            return file.readline().rstrip("\n").split(",")[2:]
    except OSError:
        return []
