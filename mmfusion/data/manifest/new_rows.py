"""Rows to predict: a new file, or dictionaries from Python; no labels, no splits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mmfusion.data.errors import DataError
from mmfusion.data.manifest.delimited import Cells
from mmfusion.data.manifest.read import EMPTY, read_columns
from mmfusion.data.manifest.source import media_root, row_ids
from mmfusion.data.table import Table


def read_rows(path: Path | str, source: Mapping[str, Any] | None = None, root: str | None = None) -> Table:
    """All rows of a new table, in the split `predict`.

    Args:
        path: CSV, TSV, JSONL or Parquet.
        source: the run's own `data` node; its `id`, `empty`, `strip` and `delimiter` hold here too where they fit.
            Nodes of other sources are fine.
        root: where the new media lie; None is the new table's own folder.

    Raises:
        DataError: the file is malformed, or an id is empty or there twice.
    """
    path, source = Path(path), source or {}
    columns, rows = read_columns(
        path,
        format=None,
        delimiter=source.get("delimiter") if path.suffix.lower() == ".csv" else None,
        empty=source.get("empty", EMPTY),
        strip=source.get("strip", True),
    )
    column = source.get("id") or "id"
    ids = row_ids(columns, column if column in columns else None, rows, path.name)
    return Table(path.name, columns, ["predict"] * len(rows), ids, rows, media_root(root, path))


def table_from_rows(rows: Sequence[Mapping[str, Any]], id: str | None = "id", root: str | None = None) -> Table:
    """Dictionaries as a table in the split `predict`; a missing key, None or "" is an empty cell.

    Args:
        rows: column to cell; a cell may be a path, a string, a number, a list or an array, as the modality takes it.
        id: key of the rows' ids; numbered from 0 where no row has it.
        root: where media paths lie; None is the working directory.

    Raises:
        DataError: no rows, or an id is empty or there twice.
    """
    if not rows:
        raise DataError("rows: expected at least one dictionary, found none")
    for number, row in enumerate(rows):
        if not isinstance(row, Mapping):
            raise DataError(f"rows[{number}]: expected a dictionary of column to cell, found {type(row).__name__}")
    names = dict.fromkeys(name for row in rows for name in row)
    columns: dict[str, Cells] = {name: [_cell(row.get(name)) for row in rows] for name in names}
    numbers = range(1, len(rows) + 1)
    ids = row_ids(columns, id if id in columns else None, numbers, "rows")
    return Table("rows", columns, ["predict"] * len(rows), ids, numbers, media_root(root, Path("rows")))


def _cell(value: Any) -> Any:
    return None if isinstance(value, str) and not value.strip() else value
