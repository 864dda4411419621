"""Columns that give a target away in part (one of its classes, some of its rows), or together with another one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations

import numpy as np

from mmfusion.data.table.empty import looks_missing
from mmfusion.runs.inspect.columns.coded import Coded
from mmfusion.runs.inspect.leaks.association import alike_in_rank, distance_apart, independent, rank_correlation
from mmfusion.runs.inspect.leaks.prediction import APART, CLASSES, LEAST_ROWS, relation

_FEWEST = 4  # rows of a class, and as many of the others, that are enough if a column tells them apart without an error
_FEWEST_OF_A_VALUE = 10  # rows of a class that are enough if numbers have a value in them alone
_ERRORS = 0.02  # share of a class's rows that may be told wrongly
_SAME = 0.2  # share of rows in which a number that rarely occurs twice is the target's by no chance
ROUNDED = 1e-3  # standard deviations by which two numbers differ that may be the same one, rounded
_COMMON = 0.1  # share of rows with one value that may stand where a copy of the target was not made
# Probability that chance alone takes such rows from the classes, if a copy was not made in any of them, ...
_BY_CHANCE = 0.01
_BY_CHANCE_OF_A_LEVEL = 0.2  # ... or if what stands there may be a level of its own
_QUARTERS = 4
_SAME_ORDER = 0.995

# Rows outside the commonest class, or level, that are enough in fewer rows than scores are given for.
_FEWEST_OF_FEW = 8
_MOST_COLUMNS = 60
_MOST_COMPUTED = 500
_COMPUTED = 0.98  # share of rows in which the result of two columns must be the target, but for rounding


def gives_in_part(feature: Coded, target: Coded, name: str) -> str | None:
    """How a column gives a target, by that name, away in part, in words; None if it does not."""
    known = target.codes >= 0
    if known.sum() < LEAST_ROWS:
        return None
    feature, target = feature.where(known), target.where(known)
    label = _class_given_away(feature, target)
    if label is not None:
        return f"alone says which rows of {name} hold {_shown(target, label)}"
    return _copied(feature, target, name)


def _class_given_away(feature: Coded, target: Coded) -> int | None:
    """The first of a target's commonest classes whose rows have a level, a gap or a range of numbers of their own."""
    rows, sizes = len(target.codes), np.bincount(target.codes, minlength=target.levels)
    present = np.flatnonzero(sizes)
    if len(present) < 3 or target.levels > rows / 4 or (target.numbers is not None and len(present) > CLASSES):
        return None
    measured = feature.numbers is not None and feature.levels > 2 * len(present)
    for label in sorted(present.tolist(), key=lambda label: -sizes[label])[:CLASSES]:
        holds = target.codes == label
        if not _FEWEST <= holds.sum() <= rows - _FEWEST:
            continue
        if _has_own_levels(feature, holds, measured) or (measured and _has_own_range(feature, holds, target.codes)):
            return label
    return None


def _has_own_levels(feature: Coded, holds: np.ndarray, measured: bool) -> bool:
    """Whether some levels (of a measurement, only its commonest value or none) are there in just these rows."""
    codes = feature.codes + 1
    if measured:
        sizes = np.bincount(codes)
        candidates = [codes == 0] + [codes == 1 + int(sizes[1:].argmax())] * int(holds.sum() >= _FEWEST_OF_A_VALUE)
        return any(_few_errors(rows, holds) or _few_errors(~rows, holds) for rows in candidates)
    if feature.numbers is not None and holds.sum() < _FEWEST_OF_A_VALUE:
        return False
    inside, sizes = np.bincount(codes, weights=holds), np.bincount(codes)
    mostly = inside * 2 > sizes
    return bool((sizes[mostly] > 1).any()) and feature.levels <= len(holds) / 4 and _few_errors(mostly[codes], holds)


def _has_own_range(feature: Coded, holds: np.ndarray, classes: np.ndarray) -> bool:
    """Whether a measurement lies beyond all others in these rows, as a probability or as no measurement does.

    The petals of irises tell one species from the two others, but these by the same measure.
    """
    assert feature.numbers is not None
    there = ~np.isnan(feature.numbers)
    x, holds, classes = feature.numbers[there], holds[there], classes[there]
    if not _FEWEST <= holds.sum() <= len(holds) - _FEWEST:
        return False
    top = 1 if x.max() <= 1 else 100
    is_score = 0 <= x.min() < 0.2 * top and 0.8 * top < x.max() <= top
    if is_score and (_few_errors(x > top / 2, holds) or _few_errors(x < top / 2, holds)):
        return True
    if (~holds).sum() < len(holds) / 3:  # too few to see a difference between the others
        return False
    return distance_apart(x, holds) > APART and alike_in_rank(x[~holds], classes[~holds])


def _few_errors(predicted: np.ndarray, holds: np.ndarray) -> bool:
    wrong = int((predicted != holds).sum())
    return wrong <= _ERRORS * min(holds.sum(), (~holds).sum())


def _copied(feature: Coded, target: Coded, name: str) -> str | None:
    """Whether a column gives the target away in the rows that do not hold one of its values, or are not empty."""
    rows = len(feature.codes)
    if feature.numbers is not None and target.numbers is not None and target.levels > rows / 2:
        same = np.abs(feature.numbers - target.numbers) <= ROUNDED * target.numbers.std()
        if same.mean() > _SAME:
            return f"is the same number as {name} in {same.mean():.0%} of rows"
    classes = target.codes
    if target.numbers is not None and target.levels > CLASSES:
        classes = np.argsort(np.argsort(target.numbers, kind="stable")) * _QUARTERS // rows
    for others, without, is_missing in _without_one_value(feature):
        is_copy = feature.numbers is not None and feature.levels > others.sum() / 2
        is_order_seen = is_missing or len(np.unique(classes)) > 2
        least = _BY_CHANCE if is_missing else _BY_CHANCE_OF_A_LEVEL
        if not is_copy and not (is_order_seen and independent(others, classes) > least):
            continue  # without the middle one of three levels, two are told apart well
        part, its_target = feature.where(others), target.where(others)
        related = relation(part, its_target)
        if related is not None:
            return f"gives {related[1].words} of {name} wherever it is not {without}"
        if (is_missing or is_copy) and others.sum() < LEAST_ROWS and _without_error(part, its_target):
            return f"gives {name} without an error wherever it is not {without}"
    return None


def _without_one_value(feature: Coded) -> Iterator[tuple[np.ndarray, str, bool]]:
    """Rows without one value that is empty, looks so or is the commonest; what it is, and whether it is missing."""
    filled = feature.codes >= 0
    candidates = [(filled, "empty", True)]
    if filled.any():
        commonest = int(np.bincount(feature.codes[filled]).argmax())
        names = [] if feature.values is None else feature.values.to_list()
        missing = [code for code, name in enumerate(names) if looks_missing(name)]
        cells = feature.codes if feature.numbers is None else feature.numbers  # 0.0 and -0.00 are the same number
        for code in dict.fromkeys([commonest, *missing]):
            others = filled & ~np.isin(cells, cells[feature.codes == code])
            candidates.append((others, _shown(feature, code), code in missing))
    for others, words, is_missing in candidates:
        if others.sum() > LEAST_ROWS / 2 and (~others).sum() > _COMMON * len(others):
            yield others, words, is_missing


def _without_error(feature: Coded, target: Coded) -> bool:
    """Whether each value of a column stands for one class, or for an interval of numbers that holds no other's; or
    numbers, in the order of the target's.
    """
    if feature.numbers is not None and target.numbers is not None:
        return abs(rank_correlation(feature.numbers, target.numbers)) > _SAME_ORDER
    of_classes = target.numbers is None or target.levels <= CLASSES
    labels = target.codes if of_classes else feature.codes
    sizes = np.bincount(labels)
    if len(labels) - sizes.max() < _FEWEST_OF_FEW:
        return False
    if of_classes or target.numbers is None:
        pairs = len(np.unique(feature.codes.astype(np.int64) * target.levels + labels))
        return pairs == len(np.unique(feature.codes)) <= len(labels) / 3
    runs = 1 + int((np.diff(labels[np.argsort(target.numbers, kind="stable")]) != 0).sum())
    return runs == (sizes > 0).sum() <= len(labels) / 6


def _shown(looked: Coded, code: int) -> str:
    return "one value" if looked.values is None else repr(looked.values[code])


def computed_from_two(columns: Mapping[str, Coded], target: Coded) -> tuple[str, str, str] | None:
    """The first two columns from which a target is computed, and what it is of them; of many columns, nothing."""
    numbers = {name: column.numbers for name, column in columns.items() if column.numbers is not None}
    if target.numbers is None or len(numbers) > _MOST_COLUMNS:
        return None
    rows = np.flatnonzero(~np.isnan(target.numbers))[:_MOST_COMPUTED]
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
            if any((np.abs(value - y)[there] <= near).mean() >= _COMPUTED for value in values):
                return first, second, what
    return None
