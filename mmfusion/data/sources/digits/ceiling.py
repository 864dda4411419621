"""What can at best be expected of someone who reads some of the three digits without error.

All by enumerating the 1,000 equally likely triples; nothing is estimated.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from itertools import product

import numpy as np

ORDER = ("image", "speech", "text")
"""The modalities; of equal digits the earlier one counts as the largest."""

TRIPLES = np.array(list(product(range(10), repeat=3)))
"""`[1000, 3]`, in `ORDER`."""


def total(digits: np.ndarray) -> np.ndarray:
    """Target of the task sum: `[N]` from digits `[N, 3]`."""
    return digits.sum(1)


def largest(digits: np.ndarray) -> np.ndarray:
    """Target of the task largest: `[N]`, place in `ORDER` of the (first) largest of digits `[N, 3]`."""
    return digits.argmax(1)


def ceiling(subset: Iterable[str], absent: Mapping[str, float]) -> dict[str, dict[str, float]]:
    """Task to metric to the best expected value over rows that have at least one of `subset`.

    A row shows `subset` less what it lacks, so the value is a mean over what may be left of `subset`, weighted by its
    probability. Each metric is that of its own best predictor: the conditional mean for rmse, r2 and pearson, the
    conditional median for mae, the likeliest class for accuracy. `absent` is as in `absence`.
    """
    known = frozenset(subset)
    assert known, "a ceiling of no modality"
    shares: dict[frozenset[str], float] = {}
    for pattern, probability in absence(absent).items():
        seen = known & pattern
        if seen:
            shares[seen] = shares.get(seen, 0.0) + probability
    whole = sum(shares.values())
    parts = [(share / whole, *_known(seen)) for seen, share in shares.items() if share]
    if not parts:
        return {}
    error, square, right = (sum(part[0] * part[i] for part in parts) for i in (1, 2, 3))
    explained = 1 - square / float(total(TRIPLES).var())
    return {
        "sum": {"mae": error, "rmse": square**0.5, "r2": explained, "pearson": explained**0.5},
        "largest": {"accuracy": right},
    }


def absence(absent: Mapping[str, float]) -> dict[frozenset[str], float]:
    """Probability of each set of modalities that a row may have.

    Each is lacking with its own probability, independently; a row that would have none is given one of the three
    back, each as likely as the others.
    """
    probabilities: dict[frozenset[str], float] = {}
    for present in product((True, False), repeat=len(ORDER)):
        rates = [absent.get(name, 0.0) for name in ORDER]
        share = float(np.prod([1 - rate if there else rate for rate, there in zip(rates, present, strict=True)]))
        kept = frozenset(name for name, there in zip(ORDER, present, strict=True) if there)
        sets = [kept] if kept else [frozenset({name}) for name in ORDER]
        for names in sets:
            probabilities[names] = probabilities.get(names, 0.0) + share / len(sets)
    return probabilities


@cache
def _known(seen: frozenset[str]) -> tuple[float, float, float]:
    """Least mean absolute and mean squared error of the sum, and greatest share of right answers to largest."""
    columns = [ORDER.index(name) for name in sorted(seen)]
    _, group = np.unique(TRIPLES[:, columns], axis=0, return_inverse=True)
    sums, winners = total(TRIPLES), largest(TRIPLES)
    error = square = right = 0.0
    for value in range(group.max() + 1):
        own = sums[group == value]
        error += np.abs(own - np.median(own)).sum()
        square += ((own - own.mean()) ** 2).sum()
        right += np.bincount(winners[group == value]).max()
    return error / len(TRIPLES), square / len(TRIPLES), right / len(TRIPLES)
