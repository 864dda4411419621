"""CSV and TSV to columns of strings, every line accounted for."""

from __future__ import annotations

import csv
import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TextIO

import polars as pl

from mmfusion.data.errors import DataError, Problems
from mmfusion.data.progress import track

CHUNK = 50_000
"""Rows that are held as Python strings at a time; the rest lies packed in polars."""

QUOTE = '"'
"""What a field stands between that holds the delimiter, unless the config says otherwise."""

_FIELD_LIMIT = 1 << 30

Cells = Any
"""One column: a polars Series, or a list where cells are lists."""


def read_delimited(path: Path, delimiter: str, quote: str | None = QUOTE) -> tuple[dict[str, Cells], Sequence[int]]:
    """Read a delimited text file with a header.

    Python's parser and not polars': polars fills a row that is too short with nulls in silence, and neither line
    numbers nor cells like `007` survive it without care.

    Args:
        path: the file, UTF-8 with or without a byte order mark.
        delimiter: one character.
        quote: one character; None where fields are never quoted, as in much TSV.

    Returns:
        Column to its cells, all strings; and the line on which each row begins. A blank line is no row, but of a table
        with one column it is a row whose cell is empty, except at the end of the file.

    Raises:
        DataError: no header, two columns of one name, a row with too many or too few fields, a quote that is not
            closed, bytes that are not UTF-8; with the file and the line.
    """
    csv.field_size_limit(_FIELD_LIMIT)
    quoting: Any = csv.QUOTE_NONE if quote is None else csv.QUOTE_MINIMAL
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            text = lines(file, path)
            reader = csv.reader(text, delimiter=delimiter, quotechar=quote, quoting=quoting, strict=True)
            return _read(reader, path.name, delimiter)
    except UnicodeDecodeError as error:
        raise not_utf8(path, error) from None


def lines(file: TextIO, path: Path) -> Iterator[str]:
    """A text file's lines, with a progress bar if they take long; how many there are is guessed from the first."""
    first = list(itertools.islice(file, 1000))
    mean = sum(len(line.encode()) for line in first) / max(len(first), 1)
    total = max(len(first), round(path.stat().st_size / max(mean, 1)))
    return track(itertools.chain(first, file), total, f"reading {path.name}")


def not_utf8(path: Path, error: UnicodeDecodeError) -> DataError:
    """The error for a text file in another encoding; looks for the line, because decoding runs ahead of parsing."""
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError as at:
                return DataError(
                    f"{path.name}, line {number}: not UTF-8 (byte {line[at.start]:#04x} at position {at.start} of the "
                    "line); save the file as UTF-8"
                )
    return DataError(f"{path.name}: not UTF-8 ({error.reason}); save the file as UTF-8")


def _read(reader: Any, name: str, delimiter: str) -> tuple[dict[str, Cells], Sequence[int]]:
    header = _header(reader, name, delimiter)
    problems = Problems(name)
    parts: list[pl.DataFrame] = []
    chunk: list[list[str]] = []
    numbers: list[int] = []
    blank: list[int] = []
    begins = reader.line_num + 1
    try:
        for row in reader:
            if len(row) == len(header):
                chunk += [[""]] * len(blank)
                numbers += blank
                blank = []
                chunk.append(row)
                numbers.append(begins)
                if len(chunk) >= CHUNK:
                    parts.append(_pack(header, chunk))
                    chunk = []
            elif not row:  # of one column a row with an empty cell, unless the file ends so; of several no row
                blank += [begins] if len(header) == 1 else []
            else:
                found = delimiter.join(row)
                problems.add(begins, None, found, f"expected {len(header)} fields as in the header, found {len(row)}")
            begins = reader.line_num + 1
    except csv.Error as error:
        raise DataError(f"{name}, line {begins}: {_why(error)}") from None
    problems.raise_if_any()
    parts.append(_pack(header, chunk))
    frame = pl.concat(parts)
    return {column: frame[column] for column in header}, numbers


def _header(reader: Any, name: str, delimiter: str) -> list[str]:
    try:
        header = next(row for row in reader if row)
    except StopIteration:
        raise DataError(f"{name}: the file is empty; expected a header with the columns' names") from None
    except csv.Error as error:
        raise DataError(f"{name}, line {reader.line_num}: {_why(error)}") from None
    header = [column.strip() for column in header]
    twice = sorted({column for column in header if header.count(column) > 1})
    if twice:
        raise DataError(f"{name}: columns {twice} are in the header more than once; give each a name of its own")
    others = [other for other in (";", "\t", ",", "|") if other != delimiter and other in header[0]]
    if len(header) == 1 and others:
        raise DataError(
            f"{name}: one column {header[0]!r} when split at {delimiter!r}; set data.delimiter={others[0]!r} if that "
            "is what separates the fields"
        )
    return header


def _why(error: csv.Error) -> str:
    why = "a quote is opened and never closed" if "end of data" in str(error) else str(error)
    return f"{why}; where quotes are characters like any other, as in much TSV, set data.quote=null"


def _pack(header: list[str], rows: list[list[str]]) -> pl.DataFrame:
    cells = zip(*rows, strict=True) if rows else ([] for _ in header)
    return pl.DataFrame(
        [pl.Series(column, values, dtype=pl.String) for column, values in zip(header, cells, strict=True)]
    )
