"""Spellings of an empty cell: which a table uses, and in which columns they are values all the same."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from mmfusion.data.table.decimals import is_text, to_points
from mmfusion.data.table.empty import EMPTY, MARKS, PROGRAMS, looks_missing
from mmfusion.runs.inspect.columns.coded import counted, numeric
from mmfusion.runs.inspect.columns.media_paths import KIND_OF
from mmfusion.runs.inspect.columns.profile import profile
from mmfusion.runs.inspect.columns.spelling import is_date

_PATH = rf"({'|'.join(map(re.escape, KIND_OF))})$"
_DEGREES = {"mild", "moderate", "severe", "low", "medium", "high", "minor", "major", "some", "few", "many", "slight"}
_ALIKE = 0.8
_MEASUREMENTS = 21  # different numbers from which on a column measures something, and words in it are no levels
_MOST_WORDS = 5
_CODE = r"^(?:[+-]?(?:7{2,8}|8{2,8}|9{2,8})|-1)(?:[.,]0+)?$"


@dataclass
class Missing:
    """What counts as an empty cell."""

    empty: Sequence[str] = EMPTY  # the option `data.empty`
    not_empty: dict[str, list[str]] = field(default_factory=dict)  # the option `data.not_empty`
    taken: dict[str, dict[str, int]] = field(default_factory=dict)  # column, spelling of an empty cell: cells
    kept: dict[str, dict[str, int]] = field(default_factory=dict)  # column, what only looks so: cells

    def sentences(self) -> list[str]:
        messages = []
        if self.taken:
            where = "; ".join(f"{_counted(spellings)} in {name!r}" for name, spellings in self.taken.items())
            messages.append(
                f"taken as empty cells: {where} (a guess, written as data.empty; change it where a value is meant)"
            )
        for name, spellings in self.kept.items():
            written = set(spellings) & set(self.not_empty.get(name, ()))
            advice = f"take it out of data.not_empty.{name}" if written else "add it to data.empty"
            messages.append(
                f"kept as values: {_counted(spellings)} in {name!r} (if that means an empty cell, {advice})"
            )
        return messages


def guess_empty(columns: Mapping[str, Any]) -> Missing:
    """What a table writes for an empty cell, if nothing counts as empty yet but the empty text."""
    missing, texts = Missing(), {name: cells for name, cells in columns.items() if is_text(cells)}
    for name, cells in texts.items():
        taken, kept = _of_column(cells)
        missing.taken |= {name: taken} if taken else {}
        missing.kept |= {name: kept} if kept else {}
    # Words that are taken only for what stands around them stay values in other columns.
    words = sorted({text for spellings in missing.taken.values() for text in spellings if not looks_missing(text)})
    for name in [name for name in texts if words and name not in missing.taken]:
        there = texts[name].filter(texts[name].is_in(words)).value_counts(sort=True)
        if len(there):
            missing.kept[name] = missing.kept.get(name, {}) | {str(k): int(n) for k, n in there.iter_rows()}
    everywhere = list(dict.fromkeys([*EMPTY, *(text for spellings in missing.taken.values() for text in spellings)]))
    missing.empty = everywhere if len(everywhere) > len(EMPTY) else EMPTY
    values = {name: [text for text in spellings if text in everywhere] for name, spellings in missing.kept.items()}
    missing.not_empty = {name: spellings for name, spellings in values.items() if spellings}
    return missing


def _of_column(cells: Any) -> tuple[dict[str, int], dict[str, int]]:
    """Spellings that are taken as empty in a column, and those that are kept, each with its number of cells."""
    counts = {str(k): int(n) for k, n in counted(cells).iter_rows()}
    spellings = {value: count for value, count in counts.items() if looks_missing(value)}
    spellings |= _among_numbers({value: count for value, count in counts.items() if value not in spellings})
    rest = [value for value in counts if value not in spellings]
    if not spellings:
        return {}, _codes(counts)
    others = cells.filter(cells.is_in(rest))
    if not rest or _is_of_one_form(others):
        return spellings, {}
    shape = profile("", others)
    taken = {value: count for value, count in spellings.items() if _is_empty(value, rest, is_text=shape.is_text)}
    few = shape.is_category or shape.distinct <= len(others) // 3
    return taken, {value: count for value, count in spellings.items() if value not in taken and few}


def _among_numbers(counts: Mapping[str, int]) -> dict[str, int]:
    """Words that recur in a column of measurements: `n.d.`, `not done`, in whatever language."""
    values = pl.Series(list(counts), dtype=pl.String)
    is_number = numeric(to_points(values)).is_not_null()
    words = [word for word in values.filter(~is_number).to_list() if not re.search(r"\d|^[+-]?inf", word.lower())]
    others = sum(counts.values()) - sum(counts[word] for word in words)
    measured = is_number.sum() >= _MEASUREMENTS and is_number.sum() + len(words) == len(counts)
    few = 0 < len(words) <= _MOST_WORDS and sum(counts[word] for word in words) <= others
    return {word: counts[word] for word in words if counts[word] > 1} if measured and few else {}


def _codes(counts: Mapping[str, int]) -> dict[str, int]:
    """Numbers such as -999 that recur far from all others of a measurement, as codes of an empty cell do."""
    values = pl.Series(list(counts), dtype=pl.String)
    numbers = numeric(to_points(values))
    if numbers.null_count() or len(numbers) < _MEASUREMENTS:
        return {}
    is_code = values.str.contains(_CODE)
    usual = numbers.filter(~is_code)
    lowest, highest = usual.min(), usual.max()
    if not isinstance(lowest, float) or not isinstance(highest, float):
        return {}
    far = is_code & ((lowest - numbers > highest - lowest) | (numbers - highest > highest - lowest))
    return {value: counts[value] for value in values.filter(far).to_list() if counts[value] > 2}


def _is_of_one_form(cells: pl.Series) -> bool:
    """Numbers, dates or paths: a cell of letters is none of them."""
    plain = numeric(to_points(cells)).is_not_null().mean()
    assert isinstance(plain, float)
    return plain >= _ALIKE or is_date(cells) or bool(cells.str.to_lowercase().str.contains(_PATH).all())


def _is_empty(value: str, rest: Sequence[str], *, is_text: bool) -> bool:
    small = value.lower()
    codes = (1, 2) if value == "Na" else (2,)  # sodium; NA among letters is no code
    if small == "na" and sum(len(text) in codes and text.isalpha() for text in rest) >= _ALIKE * len(rest):
        return False  # a code among codes of two letters, as of countries
    if small in PROGRAMS:
        return True
    if value in ("None", "NONE"):
        return not any(word in _DEGREES for text in rest for word in text.lower().split())
    if small in MARKS and not is_text:
        return all(any(char.isalnum() for char in text) for text in rest)
    return False


def _counted(spellings: Mapping[str, int]) -> str:
    return ", ".join(f"{value!r} ({count} cells)" for value, count in spellings.items())
