"""Which cells count as empty."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from mmfusion.data.table.delimited import RawColumn

EMPTY = ("", "NA", "nan", "NaN")
"""Strings that count as an empty cell unless the config says otherwise."""

PROGRAMS = {
    "n/a", "n.a.", "n. a.", "na", "<na>", "#n/a", "#n/a n/a", "#na", "#nv", "nan", "-nan", "nat", "null", "<null>",
    "(null)", "[null]", "nil", "\\n", "#null!", "#value!", "#wert!", "#div/0!", "#ref!", "#num!", "#name?", "<none>",
}  # fmt: skip
"""What programs write for an empty cell, in small letters; hardly ever a value."""

WORDS = {
    "none", "missing", "unknown", "undefined", "unspecified", "not available", "not applicable", "not known", "no data",
    "blank", "empty", "not recorded", "not reported", "not stated", "not specified", "no answer", "n\\a", "n.d.", "tbd",
    "unk", "keine angabe", "k.a.", "k. a.", "unbekannt", "fehlt", "inconnu", "manquant", "non renseigné", "sin dato",
    "sin datos", "desconocido", "sconosciuto", "desconhecido", "неизвестно", "нет данных",
    "不明", "未知", "缺失", "未記入",
    "欠損", "該当なし",
}  # fmt: skip
"""What people write for it, in small letters; a value as often as not."""

MARKS = {"-", "--", "---", "–", "—", "?", "??", "???", ".", "..", "...", "*", "/"}
"""Signs that stand for it."""

NotEmpty = Mapping[str, Sequence[str]]
"""Column to strings that are values there, although they count as an empty cell elsewhere."""


def looks_missing(value: Any) -> bool:
    """Whether a class or a level is spelt like an empty cell."""
    text = str(value).strip().lower()
    return text in PROGRAMS or text in WORDS or text in MARKS


def hint(value: Any) -> str:
    """What to say behind a cell that cannot be read, if it is spelt like an empty one."""
    return f"; if it means an empty cell, add {str(value)!r} to data.empty" if looks_missing(value) else ""


def blank_columns(
    columns: Mapping[str, RawColumn], empty: Sequence[str], strip: bool, not_empty: NotEmpty | None = None
) -> dict[str, RawColumn]:
    """Columns with None for every cell that counts as empty."""
    values = not_empty or {}
    own = {name: [text for text in empty if text not in values.get(name, ())] for name in columns}
    return {name: _blank_column(cells, own[name], strip) for name, cells in columns.items()}


def _blank_column(cells: RawColumn, empty: Sequence[str], strip: bool) -> RawColumn:
    if not isinstance(cells, pl.Series):
        return [_blank(cell, empty, strip) for cell in cells]
    if cells.dtype == pl.String:
        cells = cells.str.strip_chars() if strip else cells
        return cells.set(cells.is_in(list(empty)), None)
    return cells.fill_nan(None) if cells.dtype.is_float() else cells


def _blank(cell: Any, empty: Sequence[str], strip: bool) -> Any:
    """One cell, None if it counts as empty; lists of numbers as arrays, which is what features are read from.

    In a list of texts each is treated alike and empty ones are left out; if that leaves none, the cell is empty.
    """
    if isinstance(cell, str):
        text = cell.strip() if strip else cell
        return None if text in empty else text
    if not isinstance(cell, list) or not cell:
        return cell
    if any(isinstance(item, str) for item in cell):
        items = (_blank(item, empty, strip) if isinstance(item, str) else item for item in cell)
        return [item for item in items if item is not None] or None
    try:
        array = np.asarray(cell)
    except (ValueError, OverflowError):  # lists of unequal length inside a list
        return cell
    return array if array.dtype.kind in "iuf" else cell
