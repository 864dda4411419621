"""Paths whose parts stand in several columns. Needs no torch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import polars as pl


def joined_paths(columns: Sequence[Iterable[Any]]) -> Any:
    """Folders and, last, files as one column of paths.

    A row without a file has no path; an empty folder is left out, and one that came back as 3.0 is `3`. Cells of the
    last column that are no names (arrays) stay as they are.

    Example:
        >>> joined_paths([["a", "b"], ["1.png", None]]).to_list()
        ['a/1.png', None]
    """
    paths = [_path(cells) for cells in zip(*columns, strict=True)]
    names = all(path is None or isinstance(path, str) for path in paths)
    return pl.Series(paths, dtype=pl.String) if names else paths


def _path(cells: Sequence[Any]) -> Any:
    if not isinstance(cells[-1], str | int | float):
        return cells[-1]
    parts = [_name(cell) for cell in cells]
    return "/".join([*(part.rstrip("/") for part in parts[:-1] if part), parts[-1]]) if parts[-1] else None


def _name(cell: Any) -> str | None:
    if cell is None or cell != cell:  # NaN
        return None
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)


def path_columns(column: str | Sequence[str] | None) -> list[str]:
    """The columns of a kind that reads files: one of paths, or folders' and files' that make up a path; none given."""
    return [column] if isinstance(column, str) else list(column or ())
