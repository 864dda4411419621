"""A user's table as a source of rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from mmfusion.data.errors import DataError, Problems
from mmfusion.data.manifest.delimited import Cells
from mmfusion.data.manifest.read import EMPTY, beside, read_columns
from mmfusion.data.manifest.split import check_split, find, split_at_ratio, split_by_column, take_from_train
from mmfusion.data.source import Source
from mmfusion.data.table import Table, is_empty

BY_COLUMN: Mapping[str, Any] = {"column": "split", "train": "train", "val": "val", "test": "test"}


class ManifestSource(Source):
    """Rows of a CSV, TSV, JSONL or Parquet file, with the media that its cells name.

    Args:
        path: the table; a relative path is looked for under `root` first, then from the working directory.
        root: folder (or fsspec URL) under which the media lie; None is the table's own folder.
        id: column that names each row; None numbers the rows from 0.
        split: `column` with the values of `train`, `val` and `test` (one value or a list) and, for splits that the
            column lacks, shares `from_train`; or `ratio`. `seed`, `group` (rows of one group stay together) and
            `stratify` (each split gets its share of each value) say how shares are dealt out.
        format: csv, tsv, jsonl or parquet; None goes by the suffix.
        delimiter: what separates the fields of a CSV; None is a comma (a tab for TSV).
        empty: strings that count as an empty cell.
        strip: take blanks off both ends of every cell.

    Raises:
        ConfigError: a `split` that means nothing or two things.
    """

    def __init__(
        self,
        path: str,
        root: str | None = None,
        id: str | None = None,
        split: Mapping[str, Any] = BY_COLUMN,
        format: str | None = None,
        delimiter: str | None = None,
        empty: Sequence[str] = EMPTY,
        strip: bool = True,
    ) -> None:
        check_split(split)
        self.path = path
        self.root = root
        self.id = id
        self.split = split
        self.format = format
        self.delimiter = delimiter
        self.empty = empty
        self.strip = strip

    def read(self) -> Table:
        path = table_path(self.path, self.root)
        columns, rows = read_columns(path, self.format, self.delimiter, self.empty, self.strip)
        file = path.name
        ids = row_ids(columns, self.id, rows, file)
        if self.split.get("column") is not None:
            cells = find(columns, self.split["column"], file, "data.split.column")
            splits = split_by_column(cells, rows, file, self.split)
            if self.split.get("from_train"):
                splits = take_from_train(splits, columns, ids, rows, file, self.split)
        else:
            splits = split_at_ratio(columns, ids, rows, file, self.split, self.split["ratio"])
        return Table(file, columns, splits, ids, rows, media_root(self.root, path))


def table_path(path: str, root: str | None) -> Path:
    """Where the table is: under the media's root if it is there, else as given.

    Raises:
        DataError: neither; says how to give the root if there is none.
    """
    found = Path(path)
    if root is not None and "://" not in str(root) and (Path(root) / path).is_file():
        return Path(root) / path
    if root is None and not found.is_absolute() and not found.exists():
        raise DataError(
            f"there is no file {path} in {Path.cwd()}{beside(found)}; if it lies with its media in another folder, "
            "give that as data.root=FOLDER"
        )
    return found


def row_ids(columns: Mapping[str, Cells], column: str | None, rows: Sequence[int], file: str) -> Cells:
    """Each row's id: its cell of the id column, or its number counted from 0.

    Raises:
        DataError: the column is not there, a cell is empty, two rows have one id.
    """
    if column is None:
        return [str(number) for number in range(len(rows))]
    cells = find(columns, column, file, "data.id")
    if isinstance(cells, list):
        cells = pl.Series([None if is_empty(cell) else str(cell) for cell in cells], dtype=pl.String)
    ids = pl.Series(cells).cast(pl.String)
    if ids.null_count() or ids.n_unique() < len(ids):
        problems = Problems(file)
        first: dict[str, int] = {}
        for row, name in zip(rows, ids.to_list(), strict=True):
            if name is None:
                problems.add(
                    row, column, name, "an empty id; give every row one, or set data.id=null to number the rows"
                )
            elif name in first:
                problems.add(row, column, name, f"an id of two rows; the first is {first[name]}")
            first.setdefault(name, row)
        problems.raise_if_any()
    return ids


def media_root(root: str | None, path: Path) -> Path | str:
    """Where the media lie: the given folder or URL, else the table's own folder.

    Raises:
        DataError: there is no such folder.
    """
    if root is not None and "://" in str(root):
        return str(root)
    folder = (path.parent if root is None else Path(root)).resolve()
    if not folder.is_dir():
        raise DataError(f"data.root: there is no folder {folder}")
    return folder
