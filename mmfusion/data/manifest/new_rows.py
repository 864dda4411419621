"""Rows to predict: a new file, or dictionaries from Python; no labels, no splits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path, PurePath
from typing import Any

from mmfusion.data.errors import DataError
from mmfusion.data.manifest.delimited import QUOTE, Cells
from mmfusion.data.manifest.places import media_root
from mmfusion.data.manifest.read import EMPTY, FORMATS, blank, read_columns
from mmfusion.data.manifest.source import row_ids
from mmfusion.data.table import Table


def read_rows(path: Path | str, source: Mapping[str, Any] | None = None, root: str | None = None) -> Table:
    """All rows of a new table, in the split `predict`.

    Args:
        path: CSV, TSV, JSONL or Parquet.
        source: the run's own `data` node. Its `id`, `empty` and `strip` hold here too; its `format` for a file of the
            same suffix or of none that is known; its `delimiter` and `quote` for a file of the same format. Nodes
            of other sources are fine.
        root: where the new media lie; None is the new table's own folder.

    Raises:
        DataError: the file is malformed, or an id is empty or there twice.
    """
    path, source = Path(path), source or {}
    format, delimiter, quote = _format(path, source)
    columns, rows = read_columns(path, format, delimiter, source.get("empty", EMPTY), source.get("strip", True), quote)
    ids = _ids(columns, source, rows, path.name)
    return Table(path.name, columns, ["predict"] * len(rows), ids, rows, media_root(root, path))


def table_from_rows(
    rows: Sequence[Mapping[str, Any]], source: Mapping[str, Any] | None = None, root: str | None = None
) -> Table:
    """Dictionaries as a table in the split `predict`; a missing key or None is an empty cell.

    Args:
        rows: column to cell; a cell may be a path, a string, a number, a list or an array, as the modality takes it.
        source: the run's own `data` node, of which `id`, `empty` and `strip` hold here too. Without `empty` it is the
            empty string alone.
        root: where media paths lie; None is the working directory.

    Raises:
        DataError: no rows, or an id is empty or there twice.
    """
    source = source or {}
    if not rows:
        raise DataError("rows: expected at least one dictionary, found none")
    for number, row in enumerate(rows):
        if not isinstance(row, Mapping):
            raise DataError(f"rows[{number}]: expected a dictionary of column to cell, found {type(row).__name__}")
    names = dict.fromkeys(name for row in rows for name in row)
    empty, strip = source.get("empty", ("",)), source.get("strip", True)
    columns: dict[str, Cells] = {name: [blank(row.get(name), empty, strip) for row in rows] for name in names}
    numbers = range(1, len(rows) + 1)
    ids = _ids(columns, source, numbers, "rows")
    return Table("rows", columns, ["predict"] * len(rows), ids, numbers, media_root(root, Path("rows")))


def _ids(columns: Mapping[str, Cells], source: Mapping[str, Any], rows: Sequence[int], file: str) -> Cells:
    """By the run's own id column where the rows have it; a run whose rows had none numbers these too."""
    column = source.get("id", "id")
    there = column if column in columns else None
    return row_ids(columns, there, rows, file, f"leave {column!r} out to have the rows numbered")


def _format(path: PurePath, source: Mapping[str, Any]) -> tuple[str | None, str | None, str | None]:
    """What the file is to be read as, None by its suffix; what separates its fields; and what quotes them."""
    suffix, own = path.suffix.lower(), PurePath(str(source.get("path", ".csv"))).suffix.lower()
    said = source.get("format") or FORMATS.get(own, "csv")
    format = said if source.get("format") and (suffix == own or suffix not in FORMATS) else None
    if said != (format or FORMATS.get(suffix)):
        return format, None, QUOTE
    return format, source.get("delimiter"), source.get("quote", QUOTE)
