"""Rows to predict: a new file, or dictionaries from Python; no labels, no splits."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePath
from typing import Any

from mmfusion.data.decode.paths import local
from mmfusion.data.errors import DataError
from mmfusion.data.sources.manifest import row_ids
from mmfusion.data.table.delimited import QUOTE, RawColumn
from mmfusion.data.table.empty import blank_columns
from mmfusion.data.table.guess import guess_decimal, read_guessed
from mmfusion.data.table.header import without_a_name
from mmfusion.data.table.locations import media_root
from mmfusion.data.table.read import FORMATS, ReadOptions
from mmfusion.data.table.table import Table

log = logging.getLogger(__name__)


def read_rows(
    path: Path | str,
    source: Mapping[str, Any] | None = None,
    root: str | None = None,
    given: Mapping[str, Any] | None = None,
) -> Table:
    """All rows of a new table, in the split `predict`.

    Args:
        source: the run's own `data` node. Its `id`, `header`, `empty` and `strip` hold here too; its `format` for a
            file of the same suffix or of none that is known; its `delimiter`, `quote` and `decimal` for a file of the
            same format that shows no other. Nodes of other sources are fine.
        root: where the new media lie; None is the new table's own folder.
        given: options of the source that hold for this table instead.

    Raises:
        DataError: the file is malformed, or an id is empty or there twice.
    """
    path, source, given = local(path), source or {}, dict(given or {})
    id = {"id": given.pop("id")} if "id" in given else {}
    settings = _settings(path, source)
    guess = read_guessed(path, settings, {"quote": settings.quote, **given})
    guess_decimal(guess, given)
    for sentence in [*guess.notes, without_a_name(guess.columns)]:
        if sentence:
            log.warning("%s: %s", path.name, sentence)
    columns, rows = guess.columns, guess.rows
    ids = _ids(columns, {**source, **id}, rows, path.name)
    splits = ["predict"] * len(rows)
    return Table(path.name, columns, splits, ids, rows, media_root(root, path), guess.settings.decimal)


def table_from_rows(
    rows: Sequence[Mapping[str, Any]], source: Mapping[str, Any] | None = None, root: str | None = None
) -> Table:
    """Dictionaries as a table in the split `predict`; a missing key or None is an empty cell.

    Args:
        rows: column to cell; a cell may be a path, a string, a number, a list or an array, as the modality takes it.
        source: the run's own `data` node, of which `id`, `empty`, `strip` and `decimal` hold here too. Without `empty`
            it is the empty string alone.
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
    cells = {name: [row.get(name) for row in rows] for name in names}
    columns = blank_columns(cells, source.get("empty", ("",)), source.get("strip", True), source.get("not_empty"))
    numbers = range(1, len(rows) + 1)
    ids = _ids(columns, source, numbers, "rows")
    splits = ["predict"] * len(rows)
    return Table("rows", columns, splits, ids, numbers, media_root(root, Path("rows")), source.get("decimal", "."))


def _ids(columns: Mapping[str, RawColumn], source: Mapping[str, Any], rows: Sequence[int], file: str) -> RawColumn:
    """By the run's own id column where the rows have it; a run whose rows had none numbers these too."""
    column = source.get("id", "id")
    there = column if column in columns else None
    return row_ids(columns, there, rows, file, f"leave {column!r} out to have the rows numbered")


def _settings(path: PurePath, source: Mapping[str, Any]) -> ReadOptions:
    """The run's own settings, as far as they hold for a file of this suffix."""
    settings = ReadOptions.of(source)
    suffix, own = path.suffix.lower(), PurePath(str(source.get("path", ".csv"))).suffix.lower()
    trained = settings.format or FORMATS.get(own, "csv")
    format = trained if settings.format and (suffix == own or suffix not in FORMATS) else None
    if trained != (format or FORMATS.get(suffix)):
        return replace(settings, format=format, delimiter=None, quote=QUOTE)
    return replace(settings, format=format)
