"""A table's file to columns of cells, by its suffix; an empty cell is None."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import Path, PurePath

from mmfusion.data.errors import DataError
from mmfusion.data.table.delimited import QUOTE, Cells, read_delimited
from mmfusion.data.table.dialect import declared_delimiter
from mmfusion.data.table.empty import EMPTY, NotEmpty, blank_columns
from mmfusion.data.table.jsonl import read_json, read_jsonl
from mmfusion.data.table.parquet import read_parquet

FORMATS = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".parquet": "parquet",
    ".pq": "parquet",
}
"""Suffix to format."""

_PROGRAMS = {
    **dict.fromkeys((".xlsx", ".xls", ".xlsm", ".xlsb", ".ods", ".numbers"), "sheets of a spreadsheet"),
    **dict.fromkeys((".sav", ".dta", ".sas7bdat", ".rds", ".rdata", ".mat"), "files of a statistics program"),
    **dict.fromkeys((".db", ".sqlite", ".sqlite3", ".mdb", ".accdb"), "databases"),
    **dict.fromkeys((".pkl", ".pickle"), "pickled objects"),
    **dict.fromkeys((".zip", ".gz", ".bz2", ".xz", ".7z", ".zst", ".tar"), "archives"),
    **dict.fromkeys((".h5", ".hdf5", ".feather", ".arrow", ".orc", ".avro"), "files of this format"),
}
"""Suffix to what such files are."""

USUAL = {"csv": ",", "tsv": "\t"}
"""Format to the delimiter that it has unless something says otherwise."""

_TAB = {"\\t": "\t", "tab": "\t"}
"""How a tab may be written on a command line."""


def read_columns(
    path: Path,
    format: str | None = None,
    delimiter: str | None = None,
    empty: Sequence[str] = EMPTY,
    strip: bool = True,
    quote: str | None = QUOTE,
    header: bool | None = None,
    not_empty: NotEmpty | None = None,
) -> tuple[dict[str, Cells], Sequence[int]]:
    """Read a table's columns.

    Args:
        path: CSV, TSV, JSON, JSONL or Parquet.
        format: `csv`, `tsv`, `jsonl`, `json` or `parquet`; None goes by the suffix.
        delimiter: what separates the fields of a CSV; None is what a first line `sep=;` says, else a comma, a tab for
            TSV.
        empty: strings that count as an empty cell.
        strip: whether blanks around a cell's text are taken off.
        quote: what a field of CSV or TSV may stand between, so that it can hold the delimiter; None: it is a character
            like any other.
        header: whether the first line of CSV or TSV holds the columns' names; None: it does, and is refused where it
            looks like a row.
        not_empty: column to strings that are values there all the same.

    Returns:
        Column to its cells, None where empty (polars Series, or a list where cells are lists; lists of numbers become
        arrays, and a list of nothing stays one: of labels it says that none holds); and the line of each row in a text
        file, its number in Parquet, both counted from 1.

    Raises:
        DataError: the file is not there, is of no known format, is malformed or holds no row.
    """
    path = Path(path)
    if not path.is_file():
        raise DataError(f"there is no file {path}{beside(path)}")
    format = format_of(path, format)
    if format == "csv" or format == "tsv":
        mark = _delimiter(path, format, _one_character("delimiter", _TAB.get(delimiter or "", delimiter)))
        columns, rows = read_delimited(path, mark, _one_character("quote", quote), header)
    elif format == "jsonl":
        columns, rows = read_jsonl(path)
    elif format == "json":
        columns, rows = read_json(path)
    elif format == "parquet":
        columns, rows = read_parquet(path)
    elif format is not None:
        raise DataError(f"data.format: expected csv, tsv, jsonl, json or parquet, found {format!r}")
    elif path.suffix.lower() in _PROGRAMS:
        raise DataError(
            f"{path.name}: cannot tell the format from the suffix {path.suffix!r}: "
            f"{_PROGRAMS[path.suffix.lower()]} are not read; export the table as CSV (UTF-8) or Parquet"
        )
    else:
        raise DataError(
            f"{path.name}: cannot tell the format from the suffix {path.suffix!r} ({', '.join(FORMATS)}); set "
            "data.format to csv, tsv, jsonl, json or parquet"
        )
    if not len(rows):
        raise DataError(f"{path.name}: the file has columns but no row")
    return blank_columns(columns, empty, strip, not_empty), rows


def format_of(path: PurePath, given: str | None = None) -> str | None:
    """A file's format: the given one, else by its suffix; None if that is unknown."""
    return given or FORMATS.get(path.suffix.lower())


def _delimiter(path: Path, format: str, given: str | None) -> str:
    declared = declared_delimiter(path)
    if given is not None and declared is not None and given != declared:
        raise DataError(
            f"{path.name}, line 1: says that {declared!r} separates the fields, and data.delimiter is {given!r}; set "
            f"data.delimiter=null to go by the file"
        )
    return given or declared or USUAL[format]


def _one_character(option: str, given: str | None) -> str | None:
    if given is not None and (len(given) != 1 or given.isalnum()):
        raise DataError(
            f"data.{option}: expected one sign, found {given!r}; between quotes a shell leaves it as it is, "
            f"'data.{option}=;' for example" + (", and a tab is data.delimiter=tab" if option == "delimiter" else "")
        )
    return given


def beside(path: Path) -> str:
    """A file of nearly the same name, as a hint."""
    if path.is_dir():
        return ": it is a folder"
    if not path.parent.is_dir():
        return f": there is no folder {path.parent} either"
    names = [entry.name for entry in path.parent.iterdir() if entry.is_file()]
    close = difflib.get_close_matches(path.name, names, n=1)
    return f"; did you mean {path.parent / close[0]}?" if close else ""
