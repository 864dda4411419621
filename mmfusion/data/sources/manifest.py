"""A user's table as a source of rows."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Literal

import polars as pl

from mmfusion.config.split_rules import check_split, shares_of, spelt, validates
from mmfusion.data.errors import DataError, Problems
from mmfusion.data.sources._base import Source
from mmfusion.data.table.delimited import QUOTE, RawColumn
from mmfusion.data.table.empty import EMPTY
from mmfusion.data.table.folds import folds_of, split_by_folds
from mmfusion.data.table.header import find_column, without_a_name
from mmfusion.data.table.locations import media_root, table_path
from mmfusion.data.table.read import ReadOptions
from mmfusion.data.table.split import Split, content_keys, split_at_ratio, split_by_column, take_from_train
from mmfusion.data.table.table import Table, is_empty

log = logging.getLogger(__name__)

BY_COLUMN: Split = {
    **{"column": "split", "train": "train", "val": "val", "test": "test", "from_train": None, "ratio": None},
    **{"folds": None, "fold": 0, "seed": 0, "group": None, "stratify": None},
}


class ManifestSource(Source):
    """Rows of a CSV, TSV, JSON, JSONL or Parquet file, with the media that its cells name.

    Args:
        path: the table; a relative path is looked for under `root` first, then from the working directory.
        root: folder (or fsspec URL) under which the media lie; None is the table's own folder.
        id: column that names each row; None numbers the rows from 0.
        split: `column` with the values of `train`, `val` and `test` (one value or a list) and, for splits that the
            column lacks, shares `from_train`; or `ratio`; or `folds`, of which `fold` is held out (the test; with a
            column, the validation). `seed`, `group` (rows of one group stay together) and `stratify` (each split gets
            its share of each value) say how shares and folds are dealt out.
        format: csv, tsv, json, jsonl or parquet; None goes by the suffix.
        delimiter: what separates the fields of a CSV; None is a comma (a tab for TSV).
        empty: strings that count as an empty cell.
        strip: take blanks off both ends of every cell; no-break and other Unicode blanks are such too.
        quote: what a field of CSV or TSV may stand between; None: quotes are characters like any other.
        header: whether the first line of CSV or TSV holds the columns' names; false: they are called `column_1`,
            `column_2`, …; None: it holds names, and is refused where it looks like a row.
        decimal: what numbers written as text have for a decimal mark: a point, or a comma, beside which thousands may
            be separated (`1.234,5`).
        not_empty: column to strings of `empty` that are values there: `{country: [NA]}`.

    Raises:
        ConfigError: a `split` that means nothing or two things.
    """

    def __init__(
        self,
        path: str,
        root: str | None = None,
        id: str | None = None,
        split: Split = BY_COLUMN,
        format: str | None = None,
        delimiter: str | None = None,
        empty: Sequence[str] = EMPTY,
        strip: bool = True,
        quote: str | None = QUOTE,
        header: bool | None = None,
        decimal: Literal[".", ","] = ".",
        not_empty: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        check_split(split)
        self.path = path
        self.root = root
        self.id = id
        self.split = split
        self.validates = validates(split)
        self.settings = ReadOptions(format, delimiter, quote, header, decimal, empty, strip, not_empty)

    def read(self) -> Table:
        (table,) = self.try_splits([self.split])
        if isinstance(table, DataError):
            raise table
        return table

    def try_splits(self, splits: Iterable[Split]) -> Iterator[Table | DataError]:
        """For each of several splits the table, or why it cannot be split so; the file is read once.

        Raises:
            DataError: the file cannot be read.
        """
        table, ids = self._rows()
        for split in splits:
            try:
                row_splits = self._splits(split, table)
            except DataError as error:
                yield error
            else:
                yield replace(table, splits=row_splits, ids=ids)

    def folds(self) -> list[str]:
        """The names of the folds that `split` makes of the rows: numbers, or groups."""
        table, _ = self._rows()
        names, _ = folds_of(table, self.split, self._fixed(self.split, table))
        return names

    def _rows(self) -> tuple[Table, RawColumn]:
        """The rows without splits, under the keys by which they are dealt out to some; and their ids."""
        path = table_path(self.path, self.root)
        columns, numbers = self.settings.read(path)
        for name in self.settings.not_empty or ():
            find_column(columns, name, path.name, "data.not_empty")
        if without_a_name(columns):
            log.warning("%s: %s", path.name, without_a_name(columns))
        ids = row_ids(columns, self.id, numbers, path.name)
        keys = content_keys(columns) if self.id is None else ids
        root = media_root(self.root, path)
        return Table(path.name, columns, [""] * len(numbers), keys, numbers, root, self.settings.decimal), ids

    def _splits(self, split: Split, table: Table) -> list[str]:
        if split.get("ratio") is not None:
            return split_at_ratio(table, split, shares_of(split))
        fixed = self._fixed(split, table)
        if split.get("folds") is not None:
            return split_by_folds(table, split, fixed)
        assert fixed is not None, "the check lets no split through that has neither"
        return fixed

    def _fixed(self, split: Split, table: Table) -> list[str] | None:
        """Each row's split by the column; None without one."""
        if split.get("column") is None:
            return None
        splits = split_by_column(table, split)
        return take_from_train(splits, table, split) if split.get("from_train") else splits


def row_ids(
    columns: Mapping[str, RawColumn],
    column: str | None,
    rows: Sequence[int],
    file: str,
    otherwise: str = "set data.id=null to number the rows",
) -> RawColumn:
    """Each row's id: its cell of the id column, or its number counted from 0 if that is None.

    Empty cells and an id of two rows are refused; `otherwise` is what a person can do who has no ids.

    Raises:
        DataError: the column is not there, a cell is empty, two rows have one id.
    """
    if column is None:
        return [str(number) for number in range(len(rows))]
    cells = find_column(columns, column, file, "data.id")
    if isinstance(cells, list):
        cells = pl.Series([None if is_empty(cell) else spelt(cell) for cell in cells], dtype=pl.String)
    ids = pl.Series(cells)
    numbers = ids.drop_nulls()
    if ids.dtype.is_float() and ((numbers == numbers.round()) & (numbers.abs() < 2**53)).all():
        ids = ids.cast(pl.Int64)  # which they were before some program had them as floats
    ids = ids.cast(pl.String)
    if ids.null_count() or ids.n_unique() < len(ids):
        problems = Problems(file)
        first: dict[str, int] = {}
        for row, name in zip(rows, ids.to_list(), strict=True):
            if name is None:
                problems.add(row, column, name, f"an empty id; give every row one, or {otherwise}")
            elif name in first:
                why = f"an id of two rows; the first is {first[name]}; give each its own, or {otherwise}"
                problems.add(row, column, name, why)
            first.setdefault(name, row)
        problems.raise_if_any()
    return ids
