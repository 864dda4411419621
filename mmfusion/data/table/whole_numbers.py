"""Whole numbers that float64, as which every number is read, cannot tell apart."""

from __future__ import annotations

from typing import Any

import polars as pl

_LONG = r"^[+-]?\d{16,}(\.0*)?$"


def rounded(cells: Any) -> str | None:
    """What to say of whole numbers that float64 rounds, ids as a rule; None if there are none."""
    if not isinstance(cells, pl.Series):
        return None
    if cells.dtype == pl.String:
        long = cells.filter(cells.str.contains(_LONG)).str.replace(r"\..*$", "")
    elif cells.dtype.is_integer():
        long = cells.filter((cells >= 2**53) | (cells <= -(2**53))).cast(pl.String)
    else:
        return None
    lost = [text for text in long.to_list() if int(text) != int(float(text))]
    if not lost:
        return None
    example, becomes = lost[0], f"{float(lost[0]):.0f}"
    return (
        f"{len(lost)} whole numbers such as {example} are beyond 2^53 and are rounded, to {becomes}; if they are ids, "
        "leave the column out, else subtract a constant from it in the table"
    )
