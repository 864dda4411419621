"""How a column's values are spelt: as codes of things, as a numbering, or as words."""

from __future__ import annotations

from typing import Any

import polars as pl

from mmfusion.data.table.decimals import is_text
from mmfusion.runs.inspect.columns.coded import counted

_ONE_FORM = 0.95
_MIXED = 0.8
_YEARS = (1800, 2200)
_TIME = r"([01]?\d|2[0-4]):[0-5]\d(:[0-5]\d([.,]\d+)?)?(\s?([AaPp]\.?[Mm]\.?|[A-Z]{1,5}|[+-]\d{2}:?\d{2}))*"
_MONTH = r"[^\W\d_]{3,9}\.?"
_DAY = (
    r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|(19|20)\d{2}[-/](0[1-9]|1[0-2])|\d{1,2}[-/.]\d{1,2}[-/.](\d{4}|\d{2})|"
    rf"\d{{1,2}}\.?[-/ ]{_MONTH}[-/ ]\d{{2,4}}|{_MONTH} \d{{1,2}},? \d{{4}}|\d{{4}}年\d{{1,2}}月(\d{{1,2}}日)?"
)
_WEEKDAY = r"([^\W\d_]{2,10}[.,]? )?"
_DATE = rf"^{_WEEKDAY}({_DAY})([ T,]+{_TIME})?$|^{_TIME}$|^{_WEEKDAY}{_MONTH} +\d{{1,2}} {_TIME} \d{{4}}$"


def looks_like_codes(unique: pl.Series) -> tuple[float, str] | None:
    """The weight of text values such as `P007`, `subj-12` or `39_00085` as evidence for a group, and what to say."""
    example = f"codes like {unique[0]!r}"
    digits, letters = unique.str.contains(r"\d"), unique.str.contains(r"\pL")
    length = unique.str.len_chars()
    is_hash = bool(unique.str.contains(r"^[\dA-Za-z-]{6,}$").all()) and length.n_unique() == 1
    if is_hash and int((digits & letters).sum()) >= _MIXED * len(unique):
        return 2.0, example
    coded = digits & unique.str.contains(r"^\s*\pL|\d_|_\d|\pL\d+\pL")  # no dates, no numbers with a unit
    if int(coded.sum()) < _ONE_FORM * len(unique):
        padded = length.n_unique() == 1 and unique.str.contains(r"^0\d+$").any() and not letters.any()
        return (1.5, example) if padded and len(unique) > 5 else None
    forms = counted(unique.str.replace_all(r"\d+", "0").str.replace_all(r"\b\pL\b", "A"))
    if int(forms["count"][0]) < _ONE_FORM * len(unique):
        return None
    padded = length.n_unique() == 1 and bool(unique.str.contains(r"(^|\D)0\d").any())
    return (2.0 if padded else 1.5), example


def looks_like_numbering(unique: pl.Series) -> tuple[float, str] | None:
    """The same, of whole numbers that count from 0 or 1, or are long and no years."""
    numbers = unique.cast(pl.Float64, strict=False)  # of a column with holes that was saved by pandas: 12.0
    if numbers.null_count() or (numbers % 1 != 0).any() or len(unique) < 6:
        return None
    low, high = int(numbers.min()), int(numbers.max())  # type: ignore[arg-type]
    if low in (0, 1) and high - low + 1 <= 1.1 * len(unique):
        return 0.5, f"numbered from {low}"
    if low >= 1000 and len(str(low)) == len(str(high)) and not (_YEARS[0] <= low and high <= _YEARS[1]):
        return 1.0, f"numbers like {low}"
    return None


def is_date(cells: Any) -> bool:
    """Whether a column holds dates or times."""
    if not is_text(cells):
        return False
    present = cells.drop_nulls()
    return len(present) > 0 and bool(present.head(1000).str.contains(_DATE).all())
