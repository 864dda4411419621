"""What a few seeds can show: intervals, paired tests, their correction."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import fsum, sqrt
from statistics import fmean
from typing import TypeVar

from scipy.special import stdtr, stdtrit  # the t distribution alone: scipy.stats takes a second to import

from mmfusion.runs.row_scores import LEVEL

FEWEST_SEEDS = 3
"""Below it no difference is claimed: the spread of one or two numbers says nothing about that of the next."""

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True)
class Interval:
    """Mean and half the width of its 95% interval; `half` is None for fewer than two values."""

    mean: float
    half: float | None
    n: int

    @property
    def ends(self) -> tuple[float | None, float | None]:
        """Low and high."""
        return (None, None) if self.half is None else (self.mean - self.half, self.mean + self.half)


@dataclass(frozen=True)
class Paired:
    """A paired test of a against b over n pairs.

    Attributes:
        difference: the mean of a − b and its interval; None without a pair.
        p: two-sided; None if there is nothing to test, and `reason` says why.
        effect: the size of the mean difference in standard deviations of seeds, `|mean d| / √((s_a² + s_b²)/2)`: a
            small p of a small effect is a difference that is steady, and lost in what another seed changes. None
            without a test, or where no seed changes anything.
    """

    n: int
    difference: Interval | None = None
    p: float | None = None
    reason: str | None = None
    effect: float | None = None


def means(pairs: Iterable[tuple[Key, float]]) -> dict[Key, float]:
    """Key to the mean of its values; exact, so that their order cannot matter."""
    values: defaultdict[Key, list[float]] = defaultdict(list)
    for key, value in pairs:
        values[key].append(value)
    return {key: fmean(own) for key, own in values.items()}


def interval(values: Sequence[float], overlap: float = 0.0) -> Interval:
    """`mean ± t_{n−1} · s · √(1/n + overlap)`, with `t` the two-sided 95% quantile of Student's distribution.

    `overlap` is 0 for values that are independent; for those of the folds of one table, whose training rows overlap,
    rows tested over rows trained on (Nadeau and Bengio, "Inference for the generalization error", 2003).

    Raises:
        ValueError: no values.
    """
    n = len(values)
    half = float(stdtrit(n - 1, (1 + LEVEL) / 2)) * _error(values, overlap) if n > 1 else None
    return Interval(fmean(values), half, n)


def paired_t_test(
    a: Mapping[Hashable, float], b: Mapping[Hashable, float], pairs: str = "shared seeds", overlap: float = 0.0
) -> Paired:
    """Student's paired t-test over the keys (seeds) that both have: `t = mean d / (s_d √(1/n + overlap))`, `d = a − b`.

    Fewer than `FEWEST_SEEDS` shared: no p. All differences zero: p = 1. All differences equal but not zero: no p, for n
    numbers without any spread tell nothing about it, and on a small test split they come about easily.

    `pairs` is what the keys are called. With `overlap` above 0, as `interval` takes it, this is the corrected resampled
    t-test of Nadeau and Bengio.
    """
    shared = sorted(a.keys() & b.keys(), key=repr)
    differences = [a[key] - b[key] for key in shared]
    n = len(shared)
    if n < FEWEST_SEEDS:
        reason = pairs if n != 1 else re.sub(r"s\b", "", pairs, count=1)
        reason = f"{n} {reason}, and a test needs {FEWEST_SEEDS}"
        return Paired(n, interval(differences, overlap) if n else None, reason=reason)
    difference = interval(differences, overlap)
    spread = sqrt(fsum(_variance([values[key] for key in shared]) for values in (a, b)) / 2)
    largest = max(abs(value) for key in shared for value in (a[key], b[key]))
    # What rounding leaves of equal numbers is no spread.
    effect = abs(difference.mean) / spread if spread > 1e-12 * largest else None
    if not any(differences):
        return Paired(n, difference, p=1.0, effect=effect)
    error = _error(differences, overlap)
    if error <= 1e-12 * largest:
        return Paired(n, difference, reason="the difference is the same for every seed", effect=effect)
    return Paired(n, difference, p=min(1.0, 2 * float(stdtr(n - 1, -abs(difference.mean) / error))), effect=effect)


def holm(tests: Mapping[Key, Paired]) -> dict[Key, float]:
    """Holm's correction of the m tests with a p: the i-th smallest times m − i + 1, at most 1, never below one before.

    Paper: Holm, "A simple sequentially rejective multiple test procedure" (1979).
    """
    p = {key: test.p for key, test in tests.items() if test.p is not None}
    corrected: dict[Key, float] = {}
    highest = 0.0
    for rank, key in enumerate(sorted(p, key=p.__getitem__)):
        highest = max(highest, min(1.0, (len(p) - rank) * p[key]))
        corrected[key] = highest
    return corrected


def _error(values: Sequence[float], overlap: float) -> float:
    """Standard error of the mean."""
    return sqrt(_variance(values) * (1 / len(values) + overlap))


def _variance(values: Sequence[float]) -> float:
    """With n − 1."""
    mean = fmean(values)
    return fsum((value - mean) ** 2 for value in values) / (len(values) - 1)
