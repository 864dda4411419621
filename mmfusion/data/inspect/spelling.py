"""How a column's values are spelt: as codes of things, as a numbering, or as words."""

from __future__ import annotations

import polars as pl

from mmfusion.data.inspect.counts import counted

_ONE_FORM = 0.95
_MIXED = 0.8
_YEARS = (1800, 2200)


def looks_like_codes(unique: pl.Series) -> tuple[float, str] | None:
    """The weight of values such as `P007`, `subj-12` or `39_00085` as evidence for a group, and what to say of it.

    Args:
        unique: the different values, text.
    """
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
    forms = counted(unique.str.replace_all(r"\d+", "0"))
    if int(forms["count"][0]) < _ONE_FORM * len(unique):
        return None
    padded = length.n_unique() == 1 and bool(unique.str.contains(r"(^|\D)0\d").any())
    return (2.0 if padded else 1.5), example


def looks_like_numbering(unique: pl.Series) -> tuple[float, str] | None:
    """The same, of whole numbers that count from 0 or 1, or are long and no years."""
    numbers = unique.cast(pl.Int64, strict=False)
    if numbers.null_count() or len(unique) < 6:
        return None
    low, high = int(numbers.min()), int(numbers.max())  # type: ignore[arg-type]
    if low in (0, 1) and high - low + 1 <= 1.1 * len(unique):
        return 0.5, f"numbered from {low}"
    if low >= 1000 and len(str(low)) == len(str(high)) and not (_YEARS[0] <= low and high <= _YEARS[1]):
        return 1.0, f"numbers like {low}"
    return None
