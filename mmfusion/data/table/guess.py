"""A table of whose file nothing is known: how it is written is inferred, and noted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from mmfusion.data.errors import DataError, shorten
from mmfusion.data.table.decimals import SOME, Spelling, beside_numbers, groups_of_three, is_text, spelling
from mmfusion.data.table.delimited import RawColumn
from mmfusion.data.table.dialect import delimiter_line, first_lines, likeliest
from mmfusion.data.table.read import USUAL, ReadOptions, format_of

_ALONE = "write the numbers alone, and their unit into the column's name"
_NAMES = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}


@dataclass
class Guess:
    """A table as it was read."""

    settings: ReadOptions  # how
    columns: dict[str, RawColumn]  # to cells, numbers as they are written
    rows: Sequence[int]  # each row's number in its file
    notes: list[str] = field(default_factory=list)  # what was found out and is not as usual, in sentences
    unreadable: dict[str, str] = field(default_factory=dict)  # column to why its numbers are read neither way
    separator: str | None = None  # of the fields of CSV or TSV


def read_guessed(path: Path, usual: ReadOptions, given: Mapping[str, Any]) -> Guess:
    """Read a table with the delimiter and the quote that its file shows, and as `usual` where it shows nothing.

    Nothing is guessed of the options `given`, which a person set.

    Raises:
        DataError: the table cannot be read.
    """
    settings = replace(usual, **given)
    notes: list[str] = []
    format = format_of(path, settings.format)
    separator = settings.delimiter
    if format in USUAL and "delimiter" not in given and path.is_file():
        likely = settings.delimiter or USUAL[format]
        lines = first_lines(path)
        separator = likeliest(lines, likely, settings.quote)
        own = None if separator in (USUAL[format], *map(delimiter_line, lines[:1])) else separator
        settings = replace(settings, delimiter=own)
        if separator != likely:
            notes.append(f"fields are separated by {_NAMES.get(separator, repr(separator))}")
    settings, columns, rows = _read(path, settings, format if "quote" not in given else None)
    if settings.quote is None and usual.quote is not None and "quote" not in given:
        notes.append("quotes are characters like any other")
    return Guess(settings, columns, rows, notes, separator=separator)


def guess_decimal(guess: Guess, given: Mapping[str, Any]) -> None:
    """Find out which decimal mark the table's numbers have, unless it is given, and which columns have another."""
    marks = {name: mark for name, cells in guess.columns.items() if is_text(cells) and (mark := spelling(cells))}
    if "decimal" not in given:
        decimal = _decimal(marks, guess)
        if decimal != guess.settings.decimal:
            example = next((name for name, mark in marks.items() if (mark == ".") == (decimal == ".")), None)
            name = "comma" if decimal == "," else "point"
            guess.notes.append(f"numbers have a decimal {name}{_example(guess.columns, example, decimal)}")
        elif not marks and (decimal == "," or guess.separator == ";"):
            guess.notes += _thousands(guess.columns, decimal)
        guess.settings = replace(guess.settings, decimal=decimal)
    guess.unreadable = {name: why for name, mark in marks.items() if (why := _why(mark, guess.settings.decimal))}
    for name, cells in guess.columns.items():
        if name not in marks and is_text(cells) and (example := beside_numbers(cells)) is not None:
            guess.unreadable[name] = f"numbers with other signs in their cells, such as {example!r}; {_ALONE}"


def _read(
    path: Path, settings: ReadOptions, format: str | None
) -> tuple[ReadOptions, dict[str, RawColumn], Sequence[int]]:
    """The table; without quotes where it is a TSV that cannot be read with them."""
    try:
        return settings, *settings.read(path)
    except DataError as error:
        if format != "tsv" or "data.quote=null" not in str(error):
            raise
        settings = replace(settings, quote=None)
        return settings, *settings.read(path)


def _decimal(marks: Mapping[str, Spelling], guess: Guess) -> Literal[".", ","]:
    spellings = set(marks.values())
    if "," in spellings:
        return ","
    if spellings & {".", "english"}:
        return "."
    # Of numbers like 1,234 alone nothing tells what their comma means but the file: where a comma separates the
    # fields, it is not the decimal mark; a semicolon is there because it is.
    if not spellings and guess.separator == "," and _groups_of_three(guess.columns, 1):
        return "."
    return "," if "thousands" in spellings and guess.separator == ";" else guess.settings.decimal


def _thousands(columns: Mapping[str, RawColumn], decimal: str) -> list[str]:
    """The note about numbers like 1.234 where nothing else tells what their point means."""
    least = SOME if decimal == "." else 1  # a few rows for a run with decimal commas are read as its own table was
    read = "with a decimal point; if it separates thousands, set data.decimal=','"
    if decimal == ",":
        read = "without their point, as it separates thousands beside decimal commas; if it is decimal, set "
        read += "data.decimal='.'"
    examples = _groups_of_three(columns, least)
    return [f"numbers like {example!r} in {name!r} are read {read}" for name, example in examples.items()]


def _groups_of_three(columns: Mapping[str, RawColumn], least: int) -> dict[str, str]:
    examples = {name: groups_of_three(cells, least) for name, cells in columns.items() if is_text(cells)}
    return {name: example for name, example in examples.items() if example is not None}


def _why(mark: Spelling, decimal: str) -> str:
    if mark == "english":
        return "numbers whose commas separate thousands; write them without"
    if mark == "thousands" and decimal == ".":
        return "numbers whose comma may separate thousands; write them without, or set data.decimal=',' if it does not"
    if mark == "." and decimal == ",":
        return "numbers with a decimal point in a table of decimal commas; write them alike"
    return ""


def _example(columns: Mapping[str, RawColumn], name: str | None, decimal: str) -> str:
    if name is None:
        return ""
    cells = columns[name].drop_nulls()
    marked = cells.filter(cells.str.contains(decimal, literal=True))
    return f" ({name}: {shorten(marked[0])})" if len(marked) else ""
