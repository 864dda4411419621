"""Whether a column of text holds several labels a cell, and what stands between them."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import polars as pl

from mmfusion.data.table.decimals import is_pairs
from mmfusion.label_lists import bracketed, split_labels
from mmfusion.runs.inspect.columns.coded import counted

CLEAR = (";;", ";", "；", "؛", "||", "|", "、", "\n", "\t")  # separators that stand in hardly anything but a list
# Separators that single labels hold too: `Rome, Italy`, `n/a`, `3,5`, `light blue`.
UNCLEAR = (",", "，", "،", "・", "/", "+", "&", " and ", " und ", " et ", " y ", " ")
NONE = "none"  # the word of a row that has no label (the default of the task `multilabel`)
_LOOKED_AT = 2000
_MOST_LABELS = 1000
_SHORT = 4
_WHOLE = re.compile(r"[+-]?\d+")


@dataclass(frozen=True)
class LabelLists:
    """How a column writes several labels in a cell: how many there are, and what stands between (None: brackets)."""

    separator: str | None
    labels: int


def label_lists(cells: pl.Series) -> LabelLists | None:
    """How the column's text cells hold several labels, or None if they do not: the same labels in many combinations.

    Of a comma and other signs that stand inside single labels too, a third of the labels must also be seen at more than
    one place in a cell: in `Rome, Italy` a city is never second. Of a blank, the same labels must be seen in several
    orders: nobody writes `blue light` for `light blue`.
    """
    counts = counted(cells).head(_LOOKED_AT)
    rows = {cell: count for cell, count in counts.iter_rows() if cell.casefold() != NONE}
    lists = {cell: items for cell in rows if (items := bracketed(cell)) is not None}
    if rows and len(lists) == len(rows):
        listed = _LabelCounts([([str(item) for item in items], rows[cell]) for cell, items in lists.items()])
        return LabelLists(None, len(listed.rows)) if listed.few and not _vectors(list(lists.values())) else None
    for separator in (*CLEAR, *UNCLEAR):
        labels = _separated(rows, separator)
        if labels is None or not labels.few or (separator == " " and not labels.permuted):
            continue
        if labels.shared if separator in CLEAR else labels.recur and labels.move:
            return LabelLists(separator, len(labels.rows))
    return None


def labels_of(cells: Iterable[str], lists: LabelLists) -> set[str]:
    """All labels in such cells; `none` is none."""
    labels: set[str] = set()
    for cell in cells:
        with suppress(ValueError):  # a blank between two separators: training says in which row
            labels.update(str(label) for label in split_labels(cell, lists.separator or ";"))
    return {label for label in labels if label.casefold() != NONE}


class _LabelCounts:
    """In how many rows each label stands, and what speaks for its being one of several in a cell."""

    def __init__(self, lists: Sequence[tuple[Sequence[str], int]]) -> None:
        self.rows: Counter[str] = Counter()
        cells: Counter[str] = Counter()
        places: dict[str, set[bool]] = defaultdict(set)
        combined: set[str] = set()
        for labels, rows in lists:
            for place, label in enumerate(dict.fromkeys(labels)):
                self.rows[label] += rows
                cells[label] += 1
                places[label].add(place == 0)
            combined.update(labels if len(labels) > 1 else ())
        # The labels are few, and each is seen often.
        self.few = 2 <= len(self.rows) <= min(_MOST_LABELS, 0.2 * self.rows.total()) and len(combined) > 1
        # Some, or most, labels of cells with several stand in another cell too.
        again = sum(cells[label] > 1 for label in combined)
        self.shared, self.recur = again > 0, again >= 0.6 * len(combined)
        # A third of the labels are seen both first and later in a cell.
        self.move = 3 * sum(len(seen) > 1 for seen in places.values()) >= len(places)
        # The same labels stand in several orders, none twice in a cell, as words of a text do.
        several = [labels for labels, _ in lists if len(labels) > 1]
        repeats = sum(len(set(labels)) < len(labels) for labels in several) > 0.02 * len(several)
        short = sum(map(len, several)) <= _SHORT * len(several) and len(lists) <= 0.5 * self.rows.total()
        orders = len({frozenset(labels) for labels in several}) <= 0.8 * len(several)
        self.permuted = orders and short and not repeats


def _separated(rows: dict[str, int], separator: str) -> _LabelCounts | None:
    """The labels between separators, counted; None if few cells hold one, or if it stands inside of numbers."""
    several = [cell for cell in rows if separator in cell]
    if len(several) < max(2, 0.1 * len(rows)) or sum(rows[cell] for cell in several) < 0.01 * sum(rows.values()):
        return None
    lists = []
    for cell, count in rows.items():
        with suppress(ValueError):  # a blank between two separators: training says in which row
            lists.append(([str(label) for label in split_labels(cell, separator)], count))
    if not lists:
        return None
    if separator in UNCLEAR and all(_WHOLE.fullmatch(label) for labels, _ in lists for label in labels):
        thousands = all(len(label) == 3 for labels, _ in lists for label in labels[1:])
        longest = max(len(labels) for labels, _ in lists)
        pairs = longest == 2 and is_pairs(pl.Series([cell for cell, count in rows.items() for _ in range(count)]))
        if separator != "," or thousands or (longest < 3 and not pairs):  # 1/2/2024 and 1,234,567 and 3,5
            return None
    return _LabelCounts(lists)


def _vectors(lists: Sequence[Sequence[Any]]) -> bool:
    """Whether lists are of measurements: of fractions, or of one length and whole numbers."""
    numbers = [[item for item in items if isinstance(item, int | float)] for items in lists]
    if any(len(row) < len(items) for row, items in zip(numbers, lists, strict=True)):
        return False
    fractions = any(isinstance(item, float) for row in numbers for item in row)
    return fractions or (len({len(row) for row in numbers}) == 1 and len(numbers[0]) > 2)
