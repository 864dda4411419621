"""Errors of data: each shows the first problems and counts the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

SHOWN = 10
"""Problems that a message spells out; the others are counted."""

_BY_LINE = {".csv", ".tsv", ".tab", ".txt", ".jsonl", ".ndjson"}


class DataError(ValueError):
    """Data that cannot be used; the message says which file, row, column and value, and what is allowed."""


class DecodeError(DataError):
    """One medium that cannot be read; names the file and why. `loader.on_error` says what becomes of its row."""


@dataclass(frozen=True)
class Refused:
    """Cells of one column that a kind will not be fitted on."""

    column: str
    places: Sequence[int]  # among those that it was fitted on
    values: Sequence[Any]
    why: str  # what each of them should be
    advice: str  # what to do about all of them


class CellsError(DataError):
    """Cells that a kind will not be fitted on. It knows their places; who has the table says which rows these are."""

    def __init__(self, refused: Sequence[Refused]) -> None:
        self.refused = list(refused)
        columns = (f"column {r.column!r}: {shorten(r.values[0])}: {r.why} ({len(r.places)} cells)" for r in refused)
        super().__init__("; ".join(columns))


class Problems:
    """What is wrong with a table: the first few and a count, so a million bad rows cost nothing.

    Text files are spoken of in lines, others in rows, both as people count: from 1.
    """

    def __init__(self, file: str) -> None:
        self.file = file
        self.first: list[str] = []
        self.count = 0
        self._unit = "line" if PurePath(file).suffix.lower() in _BY_LINE else "row"

    def add(self, row: int, column: str | None, value: Any, why: str) -> None:
        """Note one problem; `why` says what is wrong with the value or what is allowed."""
        self.count += 1
        if len(self.first) < SHOWN:
            self.first.append(f"{self.where(row, column)}: {shorten(value)}: {why}")

    def where(self, row: int, column: str | None) -> str:
        """How a message names a cell: `data.csv, line 7, column 'image'`."""
        return f"{self.file}, {self._unit} {row}" + (f", column {column!r}" if column is not None else "")

    def __len__(self) -> int:
        return self.count

    def raise_if_any(self, what: str = "") -> None:
        """Refuse the table (DataError: the first problems, a line each, and how many there are) if any was noted."""
        if self.count:
            raise DataError(str_of(self.first, self.count, what))


def str_of(first: list[str], count: int, what: str = "") -> str:
    """The message for `count` problems of which `first` are spelled out."""
    title = f"{what}: " if what else ""
    if count == 1:
        return title + first[0]
    more = f"\n  … and {count - len(first)} more" if count > len(first) else ""
    return f"{title}{count} problems\n  " + "\n  ".join(first) + more


def shorten(value: Any) -> str:
    """`repr` of a cell, cut to a readable length."""
    shown = repr(value)
    return shown if len(shown) <= 80 else shown[:79] + "…"
