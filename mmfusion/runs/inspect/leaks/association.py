"""How well one column predicts another: rank correlations, and rows that are predicted from all others.

Predictors with much freedom (a level's commonest class, the nearest numbers) are scored on rows that they did not see,
each row left out in turn, so that a column which is different in every row does not look as if it knew anything.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from scipy.special import chdtrc  # importing `scipy.stats` takes longer than looking at most tables

FEW_CLASSES = 6
NEIGHBOURS = 2  # on either side, among the sorted numbers
_ALIKE = 0.01


def hits_by_level(codes: np.ndarray, labels: np.ndarray) -> int:
    """Rows whose class is the commonest of the other rows at the same level; of a level with one row, of all rows."""
    classes = int(labels.max()) + 1
    cells, counts = np.unique(codes.astype(np.int64) * classes + labels, return_counts=True)
    order = np.lexsort((counts, cells // classes))
    (level, label), counts = np.divmod(cells[order], classes), counts[order]
    follows = np.r_[False, level[1:] == level[:-1]]  # the cell before is the next less common class of the same level
    last = np.r_[~follows[1:], True]
    hits = counts[last & (counts - 1 > np.where(follows, np.r_[0, counts[:-1]], 0))].sum()
    alone = label[~follows & last & (counts == 1)]
    return int(hits + (alone == np.bincount(labels).argmax()).sum())


def hits_by_interval(numbers: np.ndarray, labels: np.ndarray) -> int:
    """Rows in an interval of their own class, for the best division of the sorted numbers into intervals.

    Of few classes, up to twice as many intervals as there are classes, so that one may lie on both sides of another;
    each beyond one a class costs a row, unless there is no error in several rows an interval (of two classes, one may
    then lie in two). Of many classes, one each, in the order of their medians. Found by dynamic programming.
    """
    order = np.argsort(numbers, kind="stable")
    x, y = numbers[order], labels[order]
    may_part = np.r_[True, x[1:] > x[:-1], True]
    present = np.unique(y)
    if len(present) <= FEW_CLASSES:
        steps = [present] * (2 * len(present))
    else:
        medians = np.array([np.median(np.flatnonzero(y == label)) for label in present])
        steps = [present[place : place + 1] for place in np.argsort(medians)]
    inside = {label: np.r_[0, np.cumsum(y == label)] for label in present.tolist()}
    uncommon = len(y) - int(np.bincount(y).max())
    best, hits = np.zeros(len(x) + 1), 0
    for step, classes in enumerate(steps, start=1):
        gains = (inside[label] for label in classes.tolist())
        best = np.max([g + np.maximum.accumulate(np.where(may_part, best - g, -np.inf)) for g in gains], axis=0)
        more = max(0, step - len(present))
        is_free = best[-1] == len(x) and (more == 1 or len(present) > 2) and uncommon >= 3 * step
        hits = max(hits, int(best[-1]) - (0 if is_free else more))
    return hits


def distance_apart(numbers: np.ndarray, rows: np.ndarray) -> float:
    """The gap by which some rows lie above or below all others, in ranges of the numbers; negative if they do not."""
    inside, outside = numbers[rows], numbers[~rows]
    gap = max(inside.min() - outside.max(), outside.min() - inside.max())
    return float(gap / max(np.ptp(numbers), np.finfo(float).tiny))


def mean_of_neighbours(numbers: np.ndarray, target: np.ndarray) -> np.ndarray:
    """`[N]`, the mean target of the four rows with the nearest numbers: two on either side, or further at the ends."""
    order = _sorted(numbers)
    own = np.arange(len(order))
    middle = own.clip(NEIGHBOURS, max(len(order) - 1 - NEIGHBOURS, NEIGHBOURS))
    near = middle[:, None] + np.r_[-NEIGHBOURS:0, 1 : NEIGHBOURS + 1]
    near = np.where(near == own[:, None], middle[:, None], near)  # at the ends the window holds the row itself
    means = np.empty(len(order))
    means[order] = target[order[near]].mean(axis=1)
    return means


def along_curve(numbers: np.ndarray, target: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A row's target on the straight line through the rows with the next smaller and larger numbers, and its own.

    Follows a bend on which few rows lie more closely than a mean does. Without two rows at either end, where numbers
    lie far apart: `[N - 4]` twice, in the order of the numbers.
    """
    order = _sorted(numbers)
    x, y = numbers[order], target[order]
    width = x[2:] - x[:-2]
    share = np.divide(x[1:-1] - x[:-2], width, out=np.full(len(width), 0.5), where=width > 0)
    line = y[:-2] + share * (y[2:] - y[:-2])
    return line[1:-1], y[2:-2]


def mean_of_level(codes: np.ndarray, target: np.ndarray) -> np.ndarray:
    """`[N]`, the mean target of the row's level."""
    _, place = np.unique(codes, return_inverse=True)
    return (np.bincount(place, weights=target) / np.bincount(place))[place]


def rank_correlation(x: np.ndarray, y: np.ndarray) -> float:
    """Spearman's correlation, divided by the largest that columns with these ties can reach.

    A column of five bins follows a number as well as it can at ρ = .98; that counts as 1.
    """
    first, second = ranks(x), ranks(y)
    if first.std() == 0 or second.std() == 0:
        return 0.0
    rho = float(np.corrcoef(first, second)[0, 1])
    other = np.sort(second) if rho > 0 else -np.sort(-second)
    largest = float(np.corrcoef(np.sort(first), other)[0, 1])
    return float(np.clip(rho / abs(largest), -1, 1))


def independent(rows: np.ndarray, classes: np.ndarray) -> float:
    """The p of a χ² test of whether some rows (bool `[N]`, not all) are drawn from all classes alike."""
    _, place = np.unique(classes, return_inverse=True)
    all_of, some_of = np.bincount(place), np.bincount(place, weights=rows)
    expected = all_of * rows.mean()
    statistic = float(((some_of - expected) ** 2 / expected / (1 - rows.mean())).sum())
    return float(chdtrc(max(len(all_of) - 1, 1), statistic))


def alike_in_rank(numbers: np.ndarray, classes: np.ndarray) -> bool:
    """Whether nothing speaks against the classes' having numbers of one distribution: p > .01 of Kruskal and Wallis."""
    _, place, counts = np.unique(classes, return_inverse=True, return_counts=True)
    rank = ranks(numbers)
    if len(counts) < 2 or rank.var() == 0:
        return True
    means = np.bincount(place, weights=rank) / counts
    statistic = float((counts * (means - rank.mean()) ** 2).sum() / rank.var() * (1 - 1 / len(rank)))
    return bool(chdtrc(len(counts) - 1, statistic) > _ALIKE)


def ranks(x: np.ndarray) -> np.ndarray:
    """Ranks from 0; equal numbers share the mean of theirs."""
    return pl.Series(x).rank().to_numpy() - 1


def _sorted(numbers: np.ndarray) -> np.ndarray:
    """The places of the sorted numbers; rows of one number in no order of the file."""
    return np.lexsort((np.random.default_rng(0).random(len(numbers)), numbers))
