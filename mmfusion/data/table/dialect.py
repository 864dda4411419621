"""How a delimited file is written, as its first lines show it."""

from __future__ import annotations

import csv
import itertools
import re
from collections import Counter
from pathlib import Path
from typing import Any

DELIMITERS = (",", ";", "\t", "|")
"""What may separate the fields of a file, likeliest first."""

_DELIMITER_LINE = re.compile(r'\ufeff?"?sep=(.)"?[,;\t|]*\s*', re.IGNORECASE)


def delimiter_line(line: str) -> str | None:
    """The delimiter of a line `sep=;`, which Excel reads and writes before a header; None if it is another line."""
    match = _DELIMITER_LINE.fullmatch(line)
    return match[1] if match else None


def first_lines(path: Path, count: int = 200) -> list[str]:
    """The first lines of a text file, as far as they are there, in whatever encoding."""
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        return list(itertools.islice(file, count))


def likeliest(lines: list[str], usual: str, quote: str | None = '"') -> str:
    """What separates a file's fields: as its first lines declare, else what splits them into equally many; the `usual`
    delimiter if nothing speaks against it.
    """
    declared = delimiter_line(lines[0]) if lines else None
    if declared is not None:
        return declared
    fits = {mark: _fit(lines, mark, quote) for mark in dict.fromkeys([usual, *DELIMITERS])}
    best = max(fits.values(), default=(0.0, 0))
    return usual if fits[usual] == best else next(mark for mark, fit in fits.items() if fit == best)


def _fit(lines: list[str], delimiter: str, quote: str | None) -> tuple[float, int]:
    """The share of lines with as many fields as most have, and their number; nothing where that is one."""
    quoting: Any = csv.QUOTE_NONE if quote is None else csv.QUOTE_MINIMAL
    reader = csv.reader(lines, delimiter=delimiter, quotechar=quote, quoting=quoting)
    try:
        widths = [len(row) for row in reader if row]
    except csv.Error:
        return 0.0, 0
    if not widths or widths[0] < 2:
        return 0.0, 0
    width, count = Counter(widths).most_common(1)[0]
    return (round(count / len(widths), 1), width) if abs(width - widths[0]) <= 1 else (0.0, 0)
