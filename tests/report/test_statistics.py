"""Against numbers worked out by hand, and against scipy.stats."""

import numpy as np
import pytest
from scipy import stats

from mmfusion.report.statistics import Interval, Paired, holm, interval, means, paired_t_test


def pairs_of(n):
    rng = np.random.default_rng(n)
    return rng.normal(0.3, 1, n), rng.normal(0, 1, n)


@pytest.mark.parametrize(("n", "overlap"), [(2, 0.0), (3, 0.0), (20, 0.0), (5, 0.25), (10, 1 / 9)])
def test_interval_is_scipys_corrected_for_folds_after_nadeau_and_bengio(n, overlap):
    values, _ = pairs_of(n)
    found = interval(list(values), overlap)
    error = np.sqrt((1 / n + overlap) * values.var(ddof=1))
    ends = (found.mean - found.half, found.mean + found.half)
    assert ends == pytest.approx(stats.t.interval(0.95, n - 1, values.mean(), error))


def test_one_value_has_no_interval_and_none_is_refused():
    assert interval([0.7]) == Interval(0.7, None, 1)
    assert interval([0.7, 0.7]).half == 0
    with pytest.raises(ValueError, match="at least one data point"):
        interval([])


@pytest.mark.parametrize(("n", "overlap"), [(3, 0.0), (20, 0.0), (5, 0.25), (10, 1 / 9)])
def test_paired_is_scipys_over_shared_seeds_and_corrected_for_folds(n, overlap):
    a, b = pairs_of(n)
    d = a - b
    seeds_a, seeds_b = dict(enumerate(a)) | {99: 100.0}, dict(reversed(list(enumerate(b)))) | {98: -100.0}
    found = paired_t_test(seeds_a, seeds_b, overlap=overlap)
    error = np.sqrt((1 / n + overlap) * d.var(ddof=1))
    assert (found.n, found.reason, found.difference) == (n, None, interval(list(d), overlap))
    assert found.p == pytest.approx(2 * stats.t.sf(abs(d.mean()) / error, n - 1))
    assert found.p == pytest.approx(paired_t_test(seeds_b, seeds_a, overlap=overlap).p)
    if not overlap:
        assert found.p == pytest.approx(stats.ttest_rel(a, b).pvalue)


def test_equal_differences_are_not_tested_unless_they_are_zero():
    same = {0: 0.1, 1: 0.7, 2: 0.3}
    found = paired_t_test(same, dict(same))
    assert (found.p, found.difference.mean, found.difference.half) == (1.0, 0, 0)
    # Rounding leaves 0.01 + 1e-17 or so: still no spread.
    found = paired_t_test({0: 0.91, 1: 0.82, 2: 0.73}, {0: 0.90, 1: 0.81, 2: 0.72})
    assert (found.p, found.reason) == (None, "the difference is the same for every seed")
    assert found.difference.mean == pytest.approx(0.01)


@pytest.mark.parametrize(
    ("a", "n", "seeds"), [({}, 0, "0 shared seeds"), ({7: 1.0}, 0, "0 shared seeds"), ({0: 1.0}, 1, "1 shared seed")]
)
def test_fewer_than_three_pairs_are_said(a, n, seeds):
    found = paired_t_test(a, {0: 0.5, 1: 0.6}, "shared seeds with the same lr")
    assert (found.n, found.p, found.reason) == (n, None, f"{seeds} with the same lr, and a test needs 3")
    assert (found.difference is None) == (n == 0)


def test_the_size_of_a_difference_is_told_in_deviations_of_seeds():
    # Means 0.011 apart, seeds 1 apart (s = 1): steady, and tiny.
    found = paired_t_test({0: 2.0, 1: 3.0, 2: 4.0}, {0: 2.011, 1: 3.0111, 2: 4.0109})
    assert found.p < 0.001
    assert found.effect == pytest.approx(0.011, rel=1e-3)
    assert paired_t_test({0: 0.5, 1: 0.5, 2: 0.5}, {0: 0.4, 1: 0.4, 2: 0.4}).effect is None


def corrected(**p):
    return holm({name: Paired(5, p=value) for name, value in p.items()})


def test_holm():
    # 0.01 · 3, then 0.03 · 2, then 0.04 · 1, which may not fall below the one before
    assert corrected(a=0.01, b=0.04, c=0.03, untested=None) == pytest.approx({"a": 0.03, "b": 0.06, "c": 0.06})
    assert (corrected(a=0.6, b=0.5), corrected(a=0.02), corrected()) == ({"a": 1.0, "b": 1.0}, {"a": 0.02}, {})
    p = {f"test_{i}": value for i, value in enumerate(np.random.default_rng(0).uniform(0, 0.2, 8))}
    by_size = [corrected(**p)[name] for name in sorted(p, key=p.get)]
    assert by_size == sorted(by_size) == list(corrected(**dict(reversed(p.items()))).values())


def test_means():
    assert means([("a", 1.0), ("b", 5.0), ("a", 2.0)]) == {"a": 1.5, "b": 5.0}
