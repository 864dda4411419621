"""The columns of a table that are read as numbers, whatever its decimal mark."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import polars as pl

from mmfusion.data.errors import Problems
from mmfusion.data.kinds._base import Kind
from mmfusion.data.table.decimals import points_and_commas, spelling, to_points
from mmfusion.data.table.table import Column, Table
from mmfusion.data.table.targets import label_columns
from mmfusion.label_reader import LabelReader


def in_points(table: Table, kinds: Mapping[str, Kind], labels: Mapping[str, LabelReader]) -> Table:
    """The table with the numbers that modalities and regressions read written with a decimal point.

    Classes, texts and ids stay as they are written. By `table.decimal` a comma, a number with a point is refused; by a
    point, a column of numbers with commas.

    Raises:
        DataError: by `table.decimal` a comma, a number with a point; by a point, a column of numbers with commas.
    """
    sure = {column for kind in kinds.values() for column in kind.number_columns()[0]}
    labelled = [(reader, column) for task, reader in labels.items() for column in label_columns(task, reader)]
    sure |= {column for reader, column in labelled if reader.is_regression}
    perhaps = {column for kind in kinds.values() for column in kind.number_columns()[1]} - sure
    if table.decimal == ".":
        single = {column for reader, column in labelled if not reader.several}
        _refuse_commas(table, sorted(sure | perhaps | single))
        return table
    texts = {name: text for name in sorted(sure | perhaps) if (text := _text(table.columns.get(name))) is not None}
    _refuse_points(table, texts, sure)
    columns = dict(table.columns)
    for name, text in texts.items():
        own, points = columns[name], to_points(text)
        columns[name] = points if own is text else [y if y is not None else x for x, y in zip(own, points, strict=True)]
    return replace(table, columns=columns)


def _text(cells: Column | None) -> pl.Series | None:
    """The cells that are texts, others empty; None if there are none."""
    if isinstance(cells, pl.Series):
        return cells if cells.dtype == pl.String else None
    if isinstance(cells, list | tuple) and any(isinstance(cell, str) for cell in cells):
        return pl.Series([cell if isinstance(cell, str) else None for cell in cells], dtype=pl.String)
    return None


def _refuse_commas(table: Table, names: list[str]) -> None:
    problems = Problems(table.name)
    for name in names:
        cells = _text(table.columns.get(name))
        how = spelling(cells) if cells is not None else None
        if cells is None or how not in (",", "thousands", "english"):
            continue
        where = int(cells.str.contains(",", literal=True).fill_null(False).arg_max() or 0)
        why = "a number with a comma, like others of its column; "
        why += "set data.decimal=',' if it is a decimal comma" if how != "english" else "write it without"
        why += ", or write it without if it separates thousands" if how == "thousands" else ""
        problems.add(int(table.rows[where]), name, cells[where], why)
    problems.raise_if_any()


def _refuse_points(table: Table, texts: Mapping[str, pl.Series], sure: set[str]) -> None:
    problems = Problems(table.name)
    for name, cells in texts.items():
        odd, fine = points_and_commas(cells)
        if odd.any() and (name in sure or bool((odd | fine | cells.is_null()).all())):
            why = "expected a decimal comma (data.decimal is ','), found a point; write the numbers of a table alike"
            for place in odd.arg_true().to_list():
                problems.add(int(table.rows[place]), name, cells[place], why)
    problems.raise_if_any()
