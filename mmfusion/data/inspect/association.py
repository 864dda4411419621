"""How well one column predicts another: rank correlations, and rows that are predicted from all others.

Predictors with much freedom (a level's commonest class, the nearest numbers) are scored on rows that they did not see,
each row left out in turn, so that a column which is different in every row does not look as if it knew anything.
"""

from __future__ import annotations

import numpy as np

NEIGHBOURS = 2
"""On either side, among the sorted numbers."""


def hits_by_level(codes: np.ndarray, labels: np.ndarray) -> int:
    """Rows whose class is the commonest of the other rows at the same level; of a level with one row, of all rows.

    Args:
        codes: int `[N]`, the level of each row.
        labels: int `[N]`, the class of each row.
    """
    classes = int(labels.max()) + 1
    cells, counts = np.unique(codes.astype(np.int64) * classes + labels, return_counts=True)
    levels, cell_labels = cells // classes, cells % classes
    order = np.lexsort((-counts, levels))
    levels, counts, cell_labels = levels[order], counts[order], cell_labels[order]
    first = np.r_[True, levels[1:] != levels[:-1]]
    group = np.cumsum(first) - 1
    starts = np.flatnonzero(first)
    second = np.zeros(len(starts), dtype=np.int64)  # the count of a level's second commonest class
    has_second = np.r_[starts[1:], len(levels)] - starts > 1
    second[has_second] = counts[starts[has_second] + 1]
    hits = counts[starts][counts[starts] - 1 > second].sum()
    alone = np.bincount(group, weights=counts)[group] == 1
    return int(hits + (cell_labels[alone] == np.bincount(labels).argmax()).sum())


def hits_by_threshold(numbers: np.ndarray, labels: np.ndarray) -> int:
    """Rows in the right one of as many intervals as there are classes, for the best thresholds; classes by median.

    The best split of the sorted numbers into one interval a class, found by dynamic programming.

    Args:
        numbers: `[N]`, finite.
        labels: int `[N]`.
    """
    order = np.argsort(numbers, kind="stable")
    x, y = numbers[order], labels[order]
    may_split = np.r_[True, x[1:] > x[:-1], True]
    present = np.unique(y)
    places = np.argsort(np.array([np.median(np.flatnonzero(y == label)) for label in present]))
    best = np.zeros(len(x) + 1)
    for label in present[places]:
        inside = np.r_[0, np.cumsum(y == label)]
        best = inside + np.maximum.accumulate(np.where(may_split, best - inside, -np.inf))
    return int(best[-1])


def hits_by_neighbours(numbers: np.ndarray, labels: np.ndarray) -> int:
    """Rows whose class most of the four rows with the nearest numbers have.

    Args:
        numbers: `[N]`, finite.
        labels: int `[N]`.
    """
    near = _neighbours(numbers)
    theirs = labels[near]
    same = (theirs[:, :, None] == theirs[:, None, :]).sum(axis=2)
    return int((np.take_along_axis(theirs, same.argmax(axis=1)[:, None], axis=1)[:, 0] == labels).sum())


def mean_of_neighbours(numbers: np.ndarray, target: np.ndarray) -> np.ndarray:
    """`[N]`, the mean target of the four rows with the nearest numbers."""
    return target[_neighbours(numbers)].mean(axis=1)


def mean_of_level(codes: np.ndarray, target: np.ndarray) -> np.ndarray:
    """`[N]`, the mean target of the row's level."""
    _, place = np.unique(codes, return_inverse=True)
    return (np.bincount(place, weights=target) / np.bincount(place))[place]


def rank_correlation(x: np.ndarray, y: np.ndarray) -> float:
    """Spearman's correlation, divided by the largest that columns with these ties can reach.

    A column of five bins follows a number as well as it can at ρ = .98; that counts as 1.
    """
    first, second = _ranks(x), _ranks(y)
    if first.std() == 0 or second.std() == 0:
        return 0.0
    rho = float(np.corrcoef(first, second)[0, 1])
    other = np.sort(second) if rho > 0 else -np.sort(-second)
    largest = float(np.corrcoef(np.sort(first), other)[0, 1])
    return float(np.clip(rho / abs(largest), -1, 1))


def _ranks(x: np.ndarray) -> np.ndarray:
    """Ranks from 0; equal numbers share the mean of theirs."""
    _, place, counts = np.unique(x, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts + 1) / 2)[place]


def _neighbours(numbers: np.ndarray) -> np.ndarray:
    """`[N, 4]`, the rows on either side among the sorted numbers; at the ends, the next ones inside."""
    count = len(numbers)
    order = np.lexsort((np.random.default_rng(0).random(count), numbers))  # rows of one number in no order of the file
    steps = np.r_[-NEIGHBOURS:0, 1 : NEIGHBOURS + 1]
    start = np.arange(count).clip(NEIGHBOURS, max(count - 1 - NEIGHBOURS, NEIGHBOURS))
    places = start[:, None] + steps
    own = places == np.arange(count)[:, None]  # at the ends the window holds the row itself: take its middle instead
    near = np.empty((count, 2 * NEIGHBOURS), dtype=np.int64)
    near[order] = order[np.where(own, start[:, None], places)]
    return near
