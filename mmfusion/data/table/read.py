"""A table's file to columns of cells, by its suffix; an empty cell is None."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path, PurePath
from typing import Any, Literal

from mmfusion.data.errors import DataError
from mmfusion.data.table.delimited import QUOTE, RawColumn, read_delimited
from mmfusion.data.table.dialect import delimiter_line, first_lines
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

_READERS = {"jsonl": read_jsonl, "json": read_json, "parquet": read_parquet}
"""Format to what reads it, beside delimited text."""

_TAB = {"\\t": "\t", "tab": "\t"}
"""How a tab may be written on a command line."""


@dataclass(frozen=True)
class ReadOptions:
    """How a table's file is read: the options of `ManifestSource`, which explains them."""

    format: str | None = None
    delimiter: str | None = None
    quote: str | None = QUOTE
    header: bool | None = None
    decimal: Literal[".", ","] = "."
    empty: Sequence[str] = EMPTY
    strip: bool = True
    not_empty: NotEmpty | None = None

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> ReadOptions:
        """Those of a config's `data` node; what it lacks is as usual."""
        return cls(**{name: options[name] for name in OPTIONS if name in options})

    def read(self, path: Path) -> tuple[dict[str, RawColumn], Sequence[int]]:
        """Read a table: column to its cells, and each row's line in a text file, its number in others, from 1 on.

        Numbers stay as they are written. An empty cell is None. A column is a polars Series, or a list where cells are
        lists; lists of numbers become arrays, and a list of nothing stays one: of labels it says that none holds.

        Raises:
            DataError: the file is not there, is of no known format, is malformed or holds no row.
        """
        if not path.is_file():
            raise DataError(f"there is no file {path}{beside(path)}")
        format = format_of(path, self.format)
        if format == "csv" or format == "tsv":
            mark = _delimiter(path, format, _one_character("delimiter", _TAB.get(self.delimiter or "", self.delimiter)))
            columns, rows = read_delimited(path, mark, _one_character("quote", self.quote), self.header)
        elif format in _READERS:
            columns, rows = _READERS[format](path)
        elif format is not None:
            raise DataError(f"data.format: expected csv, tsv, jsonl, json or parquet, found {format!r}")
        else:
            raise DataError(f"{path.name}: cannot tell the format from the suffix {path.suffix!r}{_advice(path)}")
        if not len(rows):
            raise DataError(f"{path.name}: the file has columns but no row")
        return blank_columns(columns, self.empty, self.strip, self.not_empty), rows


OPTIONS = tuple(field.name for field in fields(ReadOptions))


def _advice(path: Path) -> str:
    if path.suffix.lower() in _PROGRAMS:
        return f": {_PROGRAMS[path.suffix.lower()]} are not read; export the table as CSV (UTF-8) or Parquet"
    return f" ({', '.join(FORMATS)}); set data.format to csv, tsv, jsonl, json or parquet"


def format_of(path: PurePath, given: str | None = None) -> str | None:
    """A file's format: the given one, else by its suffix; None if that is unknown."""
    return given or FORMATS.get(path.suffix.lower())


def _delimiter(path: Path, format: str, given: str | None) -> str:
    declared = delimiter_line("".join(first_lines(path, 1)))
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
