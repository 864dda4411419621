"""CSV and TSV to columns of strings, every line accounted for."""

from __future__ import annotations

import csv
import itertools
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TextIO

import polars as pl

from mmfusion.data.errors import DataError, Problems
from mmfusion.data.table.dialect import delimiter_line
from mmfusion.data.table.header import check_header, names
from mmfusion.progress import track

CHUNK = 50_000
"""Rows that are held as Python strings at a time; the rest lies packed in polars."""

QUOTE = '"'
"""What a field stands between that holds the delimiter, unless the config says otherwise."""

_FIELD_LIMIT = 1 << 30

RawColumn = Any
"""One column: a polars Series, or a list where cells are lists."""


def read_delimited(
    path: Path, delimiter: str, quote: str | None = QUOTE, header: bool | None = None
) -> tuple[dict[str, RawColumn], Sequence[int]]:
    """Read a UTF-8 file: column to its cells, all strings, and the line on which each row begins.

    Python's parser and not polars': polars fills a row that is too short with nulls in silence, and neither line
    numbers nor cells like `007` survive it without care.

    A first line `sep=;`, as Excel reads it, is skipped. A blank line is no row, but of a table with one column it is a
    row whose cell is empty; rows without a filled cell at the end of the file are none.

    Raises:
        DataError: no header, two columns of one name, a row with too many or too few fields, a quote that is not
            closed, bytes that are not UTF-8; with the file and the line.
    """
    csv.field_size_limit(_FIELD_LIMIT)
    quoting: Any = csv.QUOTE_NONE if quote is None else csv.QUOTE_MINIMAL
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            text = lines(file, path)
            first = next(text, "")
            skipped = delimiter_line(first) is not None
            text = text if skipped else itertools.chain([first], text)
            reader = csv.reader(text, delimiter=delimiter, quotechar=quote, quoting=quoting, strict=True)
            return _read(_rows(reader, path.name, int(skipped)), path.name, delimiter, header)
    except UnicodeDecodeError as error:
        raise not_utf8(path, error) from None


def lines(file: TextIO, path: Path) -> Iterator[str]:
    """A text file's lines, with a progress bar if they take long; how many there are is guessed from the first."""
    first = list(itertools.islice(file, 1000))
    mean = sum(len(line.encode()) for line in first) / max(len(first), 1)
    total = max(len(first), round(path.stat().st_size / max(mean, 1)))
    return track(_without_nul(itertools.chain(first, file), path.name), total, f"reading {path.name}")


def _without_nul(lines: Iterable[str], name: str) -> Iterator[str]:
    for number, line in enumerate(lines, 1):
        if "\0" in line:
            raise DataError(
                f"{name}, line {number}: a NUL character, which no text holds (it is UTF-16, or no text at all); save "
                "the file as UTF-8"
            )
        yield line


def not_utf8(path: Path, error: UnicodeDecodeError) -> DataError:
    """The error for a text file in another encoding; looks for the line, because decoding runs ahead of parsing."""
    with path.open("rb") as file:
        start = file.read(4)
        if start == b"PK\x03\x04":
            return DataError(f"{path.name}: an archive, as Excel's files are; export the table as CSV (UTF-8)")
        if start[:2] in (b"\xff\xfe", b"\xfe\xff"):
            return DataError(f"{path.name}: not UTF-8 but UTF-16; save the file as UTF-8")
        file.seek(0)
        for number, line in enumerate(file, 1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError as at:
                return DataError(
                    f"{path.name}, line {number}: not UTF-8 (byte {line[at.start]:#04x} at position {at.start} of the "
                    "line); save the file as UTF-8"
                )
    return DataError(f"{path.name}: not UTF-8 ({error.reason}); save the file as UTF-8")


Row = tuple[int, list[str]]
"""The line on which a row begins, and its fields; of a blank line none."""


def _rows(reader: Any, name: str, skipped: int) -> Iterator[Row]:
    begins = reader.line_num + 1 + skipped
    try:
        for row in reader:
            yield begins, row
            begins = reader.line_num + 1 + skipped
    except csv.Error as error:  # of the header, where the file ends; its beginning is no news
        line = reader.line_num if begins == 1 + skipped else begins
        raise DataError(f"{name}, line {line}: {_why(error)}") from None


def _read(
    rows: Iterator[Row], name: str, delimiter: str, header: bool | None
) -> tuple[dict[str, RawColumn], Sequence[int]]:
    line, first = next(((line, row) for line, row in rows if row), (0, None))
    if first is None:
        raise DataError(f"{name}: the file is empty; expected a header with the columns' names")
    _check_delimiter(first, name, delimiter)
    rows, width = _width(rows, len(first), open_end=header is not False)
    titles = [*first[:width], *[""] * (width - len(first))]
    if header is False:
        rows = itertools.chain([(line, first)], rows)
    frame, numbers = _pack_all(rows, width, name, delimiter, titles if header is not False and width > 1 else None)
    columns = frame.get_columns()
    if header is None:
        check_header(titles, columns, name)
    by_place = [f"column_{place}" for place in range(1, width + 1)]
    column_names = by_place if header is False else names(titles, name)
    return {title: column.alias(title) for title, column in zip(column_names, columns, strict=True)}, numbers


def _width(rows: Iterator[Row], header: int, *, open_end: bool) -> tuple[Iterator[Row], int]:
    """How many fields rows have: as the header, or one more or less where lines end in a delimiter or do not."""
    begun: list[Row] = []
    for row in rows:
        begun.append(row)
        if row[1]:
            break
    rows = itertools.chain(begun, rows)
    cells = begun[-1][1] if begun else []
    more = len(cells) == header + 1 and cells[-1].strip() == ""
    return rows, header + 1 if open_end and more else header


def _pack_all(
    rows: Iterator[Row], width: int, name: str, delimiter: str, header: list[str] | None
) -> tuple[pl.DataFrame, list[int]]:
    """The rows' cells and lines; a row that is the header again, as where files were put together, is refused."""
    problems = Problems(name)
    parts: list[pl.DataFrame] = []
    chunk: list[list[str]] = []
    numbers: list[int] = []
    blank: list[Row] = []  # rows without a filled cell; none where the file ends so
    lengths: set[int] = set()
    for begins, row in rows:
        is_blank = not any(row) or not "".join(row).strip()
        if is_blank and (len(row) == width or width == 1):
            blank.append((begins, row or [""]))
        elif row == header:
            problems.add(
                begins, None, delimiter.join(row), "the header again, as where files were put together; delete it"
            )
        elif len(row) == width:
            for number, cells in (*blank, (begins, row)):
                numbers.append(number)
                chunk.append(cells)
            blank = []
            if len(chunk) >= CHUNK:
                parts.append(_pack(chunk, width))
                chunk = []
        elif not is_blank:
            lengths.add(len(row))
            why = f"expected {width} fields as in the header, found {len(row)}"
            why += f" (a field that holds {delimiter!r} stands between quotes)" if len(row) > width else ""
            problems.add(begins, None, delimiter.join(row), why)
    if problems.count > len(numbers) and len(lengths) == 1 and min(lengths) > width:
        fields = "1 field" if width == 1 else f"{width} fields"
        advice = "if it is a title or a comment, delete what stands above the columns' names"
        advice += f"; a field that holds {delimiter!r} stands between quotes" if width == 1 else ""
        if lengths == {width + 1}:
            advice = "give every column a name in the header (row names, as R writes them, one too: `id`)" + (
                f"; {advice}" if width == 1 else ""
            )
        which = "most rows" if numbers else "each row"
        raise DataError(f"{name}: the header has {fields} and {which} {min(lengths)}; {advice}")
    problems.raise_if_any()
    parts.append(_pack(chunk, width))
    return pl.concat(parts), numbers


def _check_delimiter(header: list[str], name: str, delimiter: str) -> None:
    others = [other for other in (";", "\t", ",", "|") if other != delimiter and other in header[0]]
    if len(header) == 1 and others:
        raise DataError(
            f"{name}: one column {header[0].strip()!r} when split at {delimiter!r}; set data.delimiter={others[0]!r} "
            "if that is what separates the fields"
        )


def _why(error: csv.Error) -> str:
    why = "a quote is opened and never closed" if "end of data" in str(error) else str(error)
    why += "; a quote inside of a quoted field is written twice" if "expected after" in why else ""
    return f"{why}; where quotes are characters like any other, as in much TSV, set data.quote=null"


def _pack(rows: list[list[str]], width: int) -> pl.DataFrame:
    cells = zip(*rows, strict=True) if rows else ([] for _ in range(width))
    return pl.DataFrame([pl.Series(str(place), values, dtype=pl.String) for place, values in enumerate(cells)])
