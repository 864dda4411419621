"""Paired tests over seeds, corrected together, and what may be said of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import floor, log10, sqrt

from mmfusion.report.formatting import decimals, plus_minus, sureness
from mmfusion.report.sentences import ALPHA
from mmfusion.report.statistics import Interval, holm, paired_t_test

Values = Mapping[int, float]


@dataclass(frozen=True)
class Contrast:
    """One test of a against b.

    Attributes:
        gain: by how much a is better, with the 95% interval of that one difference; None without a shared seed.
        n: shared seeds.
        p: corrected for all tests that were made together; None if there is none, and `reason` says why.
        reason: why there is no p.
        effect: of what size the difference is, in standard deviations over seeds; None if there is none to tell.
    """

    gain: Interval | None
    n: int
    p: float | None
    reason: str | None = None
    effect: float | None = None

    @property
    def is_shown(self) -> bool:
        """Whether a and b differ, as far as can be told."""
        return self.p is not None and self.p < ALPHA

    @property
    def sign(self) -> int:
        """1 if a is better, −1 if b is, 0 if no difference is shown."""
        return 0 if not self.is_shown or self.gain is None else 1 if self.gain.mean > 0 else -1

    @property
    def certainty(self) -> str:
        """`p = 0.012, d = 3.1`; without a test why there is none."""
        return self.reason or "" if self.p is None else sureness(self.p, self.effect)

    @property
    def says(self) -> str:
        """`0.021 ± 0.010, p = 0.012`."""
        if self.gain is None:
            return self.certainty
        return f"{amount(self.gain)}{';' if self.p is None else ','} {self.certainty}"

    def turned(self) -> Contrast:
        """b against a."""
        if self.gain is None:
            return self
        return replace(self, gain=Interval(-self.gain.mean, self.gain.half, self.gain.n))


def contrasts(pairs: Sequence[tuple[Values, Values, int]]) -> list[Contrast]:
    """Paired t-tests of many a against b, corrected after Holm for all of them.

    Args:
        pairs: seed to value of a and of b, and 1 if more is better, −1 if less is.
    """
    tests = [
        paired_t_test({seed: sign * x for seed, x in a.items()}, {seed: sign * x for seed, x in b.items()})
        for a, b, sign in pairs
    ]
    made = [index for index, test in enumerate(tests) if test.p is not None]
    corrected = dict(zip(made, holm([p for i in made if (p := tests[i].p) is not None]), strict=True))
    return [
        Contrast(test.difference, test.n, corrected.get(i), test.reason, test.effect) for i, test in enumerate(tests)
    ]


def against_zero(values: Sequence[Values]) -> list[Contrast]:
    """The same for differences from nothing: changes in %, for example. The spread is that of the changes."""
    found = contrasts([(each, dict.fromkeys(each, 0.0), 1) for each in values])
    # Of the two sides one has no spread: that of both, squared, is half of what the changes have.
    return [replace(each, effect=None if each.effect is None else each.effect / sqrt(2)) for each in found]


def amount(found: Interval) -> str:
    """`0.021 ± 0.010`: two digits of the interval, and no more of the mean than that."""
    places = max(0, 1 - floor(log10(found.half))) if found.half else decimals([found])
    return plus_minus(found, min(places, 9))
