"""Two columns that give a number away together: their sum, difference, product or quotient is the target."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

import numpy as np

from mmfusion.runs.inspect.columns.coded import Coded
from mmfusion.runs.inspect.leaks.partial import ROUNDED
from mmfusion.runs.inspect.leaks.prediction import LEAST_ROWS

_MOST_COLUMNS = 60
_MOST_ROWS = 500
_ROWS = 0.98
"""Share of rows in which the result must be the target, but for rounding."""


def computed_from_two(columns: Mapping[str, Coded], target: Coded) -> tuple[str, str, str] | None:
    """The first two columns from which a target is computed, and what it is of them; of many columns, nothing."""
    numbers = {name: column.numbers for name, column in columns.items() if column.numbers is not None}
    if target.numbers is None or len(numbers) > _MOST_COLUMNS:
        return None
    rows = np.flatnonzero(~np.isnan(target.numbers))[:_MOST_ROWS]
    y = target.numbers[rows]
    if len(y) < LEAST_ROWS or len(np.unique(y)) < LEAST_ROWS / 2:
        return None
    near = ROUNDED * y.std()
    for (first, a), (second, b) in combinations([(name, x[rows]) for name, x in numbers.items()], 2):
        if not np.isfinite(a * b).sum() > max(LEAST_ROWS, len(y) / 2):
            continue
        with np.errstate(divide="ignore", invalid="ignore"):
            results = {"sum": [a + b], "difference": [a - b, b - a], "product": [a * b], "quotient": [a / b, b / a]}
        there = ~np.isnan(a + b)
        for what, values in results.items():
            if any((np.abs(value - y)[there] <= near).mean() >= _ROWS for value in values):
                return first, second, what
    return None
