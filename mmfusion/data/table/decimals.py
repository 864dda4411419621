"""Numbers with a decimal comma: what is one, whether a column holds them, and their spelling with a point."""

from __future__ import annotations

import re
from typing import Any, Literal, TypeGuard

import polars as pl

MOSTLY = 0.9
"""Share of a column's cells from which on it is one of such numbers, with a few mistakes in it."""

_THOUSANDS = (".", "'", "’", " ", "\u00a0", "\u2009", "\u202f")
_GROUPED = "|".join(rf"[1-9]\d{{0,2}}(?:{re.escape(mark)}\d{{3}})+" for mark in _THOUSANDS)
_COMMA = rf"[+-]?(?:(?:{_GROUPED}|\d+)(?:,\d+)?|,\d+)(?:[eE][+-]?\d+)?"
_ENGLISH = r"[+-]?[1-9]\d{0,2}(?:,\d{3})+(?:\.\d*)?"
_POINT = r"[+-]?(?:\d+\.\d*|\.\d+)(?:[eE][+-]?\d+)?"
_SEPARATORS = r"[.'’ \x{a0}\x{2009}\x{202f}]"
_LEADING_ZERO = r"^[+-]?0\d"

SOME = 10
"""Different numbers below which little is concluded from how they are written."""

_GROUPS = r"[1-9]\d{0,2}(?:[ '’.,\x{a0}\x{2009}\x{202f}]\d{3})+|[1-9]\d?(?:,\d\d)+,\d{3}"  # the second as in India
_BESIDE = (
    r"^(?P<before>[<>≤≥~≈]=?|\p{Sc}|[A-Z]{3} )?\s*"
    rf"(?P<number>[+−-]?(?:{_GROUPS}|\d+)(?:[.,]\d+)?(?:[eE][+-]?\d+)?)"
    r"\s*(?P<after>[%‰°\p{Sc}]|°?[A-Za-zµμ]{1,8}(?:/[A-Za-zµμ0-9]{1,6})?[²³]?)?$"
)
_MARKED = r"[−'’ \x{a0}\x{2009}\x{202f}]|\d[.,]\d+,\d{3}"

Spelling = Literal[",", ".", "thousands", "english"]


def is_text(cells: Any) -> TypeGuard[pl.Series]:
    """Whether a column is one of texts."""
    return isinstance(cells, pl.Series) and cells.dtype == pl.String


def to_points(cells: pl.Series) -> pl.Series:
    """Text cells with each number that has a decimal comma written with a point; all other cells as they are.

    >>> to_points(pl.Series(["3,5", "1.234,5", "1.234", "12.05.2024", "1,2;3"])).to_list()
    ['3.5', '1234.5', '1234', '12.05.2024', '1,2;3']
    """
    frame = pl.DataFrame({"cell": cells})
    plain = pl.col("cell").str.strip_chars().str.replace_all(_SEPARATORS, "").str.replace(",", ".", literal=True)
    return (
        frame.select(pl.when(_full("cell", _COMMA)).then(plain).otherwise(pl.col("cell"))).to_series().alias(cells.name)
    )


def spelling(cells: pl.Series) -> Spelling | None:
    """How a column of text writes its numbers; None where most cells are none, or nothing in them tells.

    `thousands`: each comma may separate thousands (`1,234`), as it does in English; `english`: it does (`1,234.5`).
    """
    present = cells.drop_nulls().str.strip_chars()
    present = present.filter(present != "")
    if not len(present):
        return None
    frame = pl.DataFrame({"cell": present}).select(
        comma=_full("cell", _COMMA) & ~pl.col("cell").str.contains(_LEADING_ZERO + "(?:$|[^,])"),
        has=pl.col("cell").str.contains(",", literal=True),
        english=_full("cell", _ENGLISH),
        point=_full("cell", _POINT),
        plain=_full("cell", r"[+-]?\d+"),
        grouped=_full("cell", r"[+-]?[1-9]\d{0,2}(?:\.\d{3})+"),
    )
    share = frame.select(
        comma=pl.col("comma").mean(),
        english=(pl.col("english") | pl.col("point") | pl.col("plain")).mean(),
        point=(pl.col("point") | pl.col("plain")).mean(),
    ).row(0, named=True)
    if share["comma"] >= MOSTLY and bool((frame["has"] & frame["comma"]).any()):
        if is_pairs(present):
            return None
        return "," if bool((frame["has"] & frame["comma"] & ~frame["english"]).any()) else "thousands"
    if share["english"] >= MOSTLY and bool(frame["english"].any()):
        return "english" if bool((frame["english"] & ~frame["comma"] | frame["point"]).any()) else "thousands"
    if share["point"] >= MOSTLY and bool((frame["point"] & ~frame["grouped"]).any()):
        return "."
    return None


def beside_numbers(cells: pl.Series) -> str | None:
    """An example of a column's numbers with a unit, a currency, a percent sign or their like; None if it has none.

    >>> beside_numbers(pl.Series([f"{weight} kg" for weight in range(50, 80)]))
    '50 kg'
    """
    present = cells.drop_nulls().str.strip_chars()
    parts = present.str.extract_groups(_BESIDE).struct.unnest().with_columns(cell=present)
    numeric = parts.drop_nulls("number")
    units, signs = numeric["after"].drop_nulls().n_unique(), numeric["before"].drop_nulls().n_unique()
    if len(numeric) < MOSTLY * len(parts) or numeric["number"].n_unique() < SOME or units > 1 or signs > 2:
        return None
    is_more = pl.col("before").is_not_null() | pl.col("after").is_not_null() | pl.col("number").str.contains(_MARKED)
    return next(iter(numeric.filter(is_more)["cell"].to_list()), None)


def groups_of_three(cells: pl.Series, least: int = SOME) -> str | None:
    """An example of a column of `1.234` and its like alone (`least` of them), whose points may separate thousands."""
    present = cells.drop_nulls().str.strip_chars()
    odd = present.filter(present.str.contains(r"^[+-]?[1-9]\d{0,2}\.\d{3}$"))
    others = present.str.contains(r"^[+-]?\d{1,3}$").sum()
    return str(odd[0]) if odd.n_unique() >= least and len(odd) + others == len(present) else None


def points_and_commas(cells: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Bool, True for numbers that only a decimal point makes one; and for those of a decimal comma (`3,5`, `3` too)."""
    point, comma = pl.DataFrame({"cell": cells}).select(_full("cell", _POINT).alias("p"), _full("cell", _COMMA))
    return point & ~comma, comma


def _full(column: str, pattern: str) -> pl.Expr:
    return pl.col(column).str.strip_chars().str.contains(f"^(?:{pattern})$").fill_null(False)


def is_pairs(cells: pl.Series) -> bool:
    """Whether `1,2` is a list of two whole numbers: what stands on either side is of one kind, and never equal."""
    pairs = cells.str.extract_groups(r"^([1-9]\d?|0),([1-9]\d?|0)$").struct.unnest().drop_nulls()
    commas = int(cells.str.contains(",", literal=True).sum())
    if len(pairs) < commas or len(pairs) < 20:
        return False
    left, right = (pairs[name].cast(pl.Int64) for name in pairs.columns)
    first, second = set(left.unique()), set(right.unique())
    alike = len(first & second) / len(first | second)
    if bool((left < right).all()):  # as of heights (1,62), too: what is 1 there is never 62
        return alike >= 0.3
    return len(pairs) >= 60 and alike >= 0.5 and not bool((left == right).any())
