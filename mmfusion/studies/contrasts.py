"""Paired tests over seeds, corrected together, and what may be said of each."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import replace
from math import floor, log10, sqrt
from typing import TypeVar

from mmfusion.report.formatting import decimals, plus_minus, sureness
from mmfusion.report.sentences import ALPHA
from mmfusion.report.statistics import Interval, Paired, holm, paired_t_test

Values = Mapping[int, float]
Key = TypeVar("Key", bound=Hashable)


class Contrast(Paired):
    """By how much a is better than b over their shared seeds; `p` is corrected for all tests made together."""

    @property
    def is_shown(self) -> bool:
        """Whether a and b differ, as far as can be told."""
        return self.p is not None and self.p < ALPHA

    @property
    def sign(self) -> int:
        """1 if a is better, −1 if b is, 0 if no difference is shown."""
        return 0 if not self.is_shown or self.difference is None else 1 if self.difference.mean > 0 else -1

    @property
    def certainty(self) -> str:
        """`p = 0.012, d = 3.1`; without a test why there is none."""
        return self.reason or "" if self.p is None else sureness(self.p, self.effect)

    @property
    def says(self) -> str:
        """`0.021 ± 0.010, p = 0.012`."""
        if self.difference is None:
            return self.certainty
        return f"{amount(self.difference)}{';' if self.p is None else ','} {self.certainty}"

    def turned(self) -> Contrast:
        """b against a."""
        gain = self.difference
        return self if gain is None else replace(self, difference=replace(gain, mean=-gain.mean))


def contrasts(sides: Mapping[Key, tuple[Values, Values, int]]) -> dict[Key, Contrast]:
    """Paired t-tests of many a against b, corrected after Holm for all of them.

    Sides are seed to value of a and of b, and 1 if more is better, −1 if less is.
    """
    tests = {
        key: paired_t_test({seed: sign * x for seed, x in a.items()}, {seed: sign * x for seed, x in b.items()})
        for key, (a, b, sign) in sides.items()
    }
    corrected = holm(tests)
    return {key: Contrast(**vars(test) | {"p": corrected.get(key)}) for key, test in tests.items()}


def against_zero(values: Mapping[Key, Values]) -> dict[Key, Contrast]:
    """The same for differences from nothing: changes in %, for example. The spread is that of the changes."""
    tests = contrasts({key: (own, dict.fromkeys(own, 0.0), 1) for key, own in values.items()})
    # Of the two sides one has no spread: that of both, squared, is half of what the changes have.
    return {key: replace(t, effect=None if t.effect is None else t.effect / sqrt(2)) for key, t in tests.items()}


def amount(gain: Interval) -> str:
    """`0.021 ± 0.010`: two digits of the interval, and no more of the mean than that."""
    places = max(0, 1 - floor(log10(gain.half))) if gain.half else decimals([gain])
    return plus_minus(gain, min(places, 9))
