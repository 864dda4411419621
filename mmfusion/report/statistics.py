"""What a few seeds can show: intervals, paired tests, their correction."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from math import fsum, sqrt

from scipy.special import stdtr, stdtrit  # the t distribution alone: scipy.stats takes a second to import

LEVEL = 0.95


@dataclass(frozen=True)
class Interval:
    """Mean and half the width of its 95% interval; `half` is None for fewer than two values."""

    mean: float
    half: float | None
    n: int


@dataclass(frozen=True)
class Paired:
    """A paired test of a against b.

    Attributes:
        n: pairs.
        difference: the mean of a − b and its interval; None without a pair.
        p: two-sided; None if there is nothing to test, and `reason` says why.
        reason: why there is no p.
    """

    n: int
    difference: Interval | None = None
    p: float | None = None
    reason: str | None = None


def interval(values: Sequence[float], level: float = LEVEL) -> Interval:
    """`mean ± t_{n−1} · s / √n`, with `t` the two-sided quantile of Student's distribution.

    Raises:
        ValueError: no values.
    """
    n = len(values)
    if n == 0:
        raise ValueError("an interval needs at least one value, found none")
    mean = fsum(values) / n
    if n == 1:
        return Interval(mean, None, 1)
    return Interval(mean, float(stdtrit(n - 1, (1 + level) / 2)) * _error(values, mean), n)


def paired_t_test(a: Mapping[Hashable, float], b: Mapping[Hashable, float], pairs: str = "shared seeds") -> Paired:
    """Student's paired t-test over the keys (seeds) that both have: `t = mean d / (s_d / √n)`, `d = a − b`.

    All differences zero: p = 1. All differences equal but not zero: no p, for n numbers without any spread tell
    nothing about it, and on a small test split they come about easily.

    Args:
        a, b: seed to value.
        pairs: what the keys are called.
    """
    shared = sorted(a.keys() & b.keys(), key=repr)
    differences = [a[key] - b[key] for key in shared]
    n = len(shared)
    if n < 2:
        return Paired(n, interval(differences) if n else None, reason=f"fewer than two {pairs}")
    found = interval(differences)
    if not any(differences):
        return Paired(n, found, p=1.0)
    error = _error(differences, found.mean)
    # What rounding leaves of equal differences is no spread.
    if error <= 1e-12 * max(abs(value) for key in shared for value in (a[key], b[key])):
        return Paired(n, found, reason="the difference is the same for every seed")
    return Paired(n, found, p=min(1.0, 2 * float(stdtr(n - 1, -abs(found.mean) / error))))


def holm(p: Sequence[float]) -> list[float]:
    """Holm's correction of m tests: the i-th smallest times m − i + 1, at most 1, never below one before it.

    Paper: Holm, "A simple sequentially rejective multiple test procedure" (1979).
    """
    corrected = [0.0] * len(p)
    highest = 0.0
    for rank, index in enumerate(sorted(range(len(p)), key=p.__getitem__)):
        highest = max(highest, min(1.0, (len(p) - rank) * p[index]))
        corrected[index] = highest
    return corrected


def _error(values: Sequence[float], mean: float) -> float:
    """Standard error of the mean, with n − 1."""
    n = len(values)
    return sqrt(fsum((value - mean) ** 2 for value in values) / (n - 1) / n)
