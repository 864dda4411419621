"""Against numbers worked out by hand, and against scipy.stats."""

import numpy as np
import pytest
from scipy import stats

from mmfusion.report.statistics import Interval, holm, interval, paired_t_test


def test_interval_by_hand():
    # s = √2.5, t with 4 degrees of freedom at 97.5% = 2.776445
    found = interval([1, 2, 3, 4, 5])
    assert found.mean == 3
    assert found.half == pytest.approx(2.776445 * np.sqrt(2.5 / 5), rel=1e-6)
    assert found.n == 5


@pytest.mark.parametrize("n", [2, 3, 10])
def test_interval_is_scipys(n):
    values = np.random.default_rng(n).normal(5, 2, n)
    low, high = stats.t.interval(0.95, n - 1, values.mean(), stats.sem(values))
    found = interval(list(values))
    assert (found.mean - found.half, found.mean + found.half) == pytest.approx((low, high))


def test_one_value_has_no_interval_and_none_is_refused():
    assert interval([0.7]) == Interval(0.7, None, 1)
    assert interval([0.7, 0.7]).half == 0
    with pytest.raises(ValueError, match="at least one data point"):
        interval([])


def test_interval_holds_the_mean_as_often_as_it_says():
    rng = np.random.default_rng(0)
    samples = rng.normal(3, 1, (2000, 4))
    inside = [abs(found.mean - 3) <= found.half for found in map(interval, samples.tolist())]
    assert np.mean(inside) == pytest.approx(0.95, abs=0.015)


def test_paired_by_hand():
    # d = 1, 2, 3: t = 2 / (1 / √3) = 3.4641; with 2 degrees of freedom p = 1 − t / √(t² + 2)
    found = paired_t_test({0: 2.0, 1: 4.0, 2: 6.0}, {0: 1.0, 1: 2.0, 2: 3.0})
    assert (found.n, found.difference.mean, found.reason) == (3, 2, None)
    assert found.p == pytest.approx(1 - np.sqrt(12) / np.sqrt(14))


@pytest.mark.parametrize("n", [3, 5, 20])
def test_paired_is_scipys_over_shared_seeds(n):
    rng = np.random.default_rng(n)
    a, b = rng.normal(0, 1, n), rng.normal(0.5, 1, n)
    found = paired_t_test(dict(enumerate(a)) | {99: 100.0}, dict(reversed(list(enumerate(b)))) | {98: -100.0})
    assert found.n == n
    assert found.p == pytest.approx(stats.ttest_rel(a, b).pvalue)
    assert found.p == pytest.approx(paired_t_test(dict(enumerate(b)), dict(enumerate(a))).p)


def test_all_differences_zero():
    same = {0: 0.1, 1: 0.7, 2: 0.3}
    found = paired_t_test(same, dict(same))
    assert (found.p, found.difference.mean, found.difference.half) == (1.0, 0, 0)


def test_the_same_difference_everywhere_is_not_tested():
    # Rounding leaves 0.01 + 1e-17 or so: still no spread.
    found = paired_t_test({0: 0.91, 1: 0.82, 2: 0.73}, {0: 0.90, 1: 0.81, 2: 0.72})
    assert found.p is None
    assert "same for every seed" in found.reason
    assert found.difference.mean == pytest.approx(0.01)


@pytest.mark.parametrize(
    ("a", "n", "said"), [({}, 0, "0 shared seeds"), ({7: 1.0}, 0, "0 shared seeds"), ({0: 1.0}, 1, "1 shared seed")]
)
def test_fewer_than_three_pairs_are_said(a, n, said):
    found = paired_t_test(a, {0: 0.5, 1: 0.6}, "shared seeds with the same lr")
    assert (found.n, found.p, found.reason) == (n, None, f"{said} with the same lr, and a test needs 3")
    assert (found.difference is None) == (n == 0)


def test_the_size_of_a_difference_is_told_in_deviations_of_seeds():
    # Means 0.011 apart, seeds 1 apart (s = 1): steady, and tiny.
    a, b = {0: 2.0, 1: 3.0, 2: 4.0}, {0: 2.011, 1: 3.0111, 2: 4.0109}
    found = paired_t_test(a, b)
    assert found.p < 0.001
    assert found.effect == pytest.approx(0.011, rel=1e-3)
    assert paired_t_test({0: 0.5, 1: 0.5, 2: 0.5}, {0: 0.4, 1: 0.4, 2: 0.4}).effect is None


@pytest.mark.parametrize(("n", "overlap"), [(5, 0.25), (10, 1 / 9)])
def test_folds_are_corrected_after_nadeau_and_bengio(n, overlap):
    rng = np.random.default_rng(n)
    a, b = rng.normal(0.3, 1, n), rng.normal(0, 1, n)
    d = a - b
    error = np.sqrt((1 / n + overlap) * d.var(ddof=1))
    found = paired_t_test(dict(enumerate(a)), dict(enumerate(b)), overlap=overlap)
    assert found.p == pytest.approx(2 * stats.t.sf(abs(d.mean()) / error, n - 1))
    low, high = stats.t.interval(0.95, n - 1, d.mean(), error)
    assert (found.difference.mean - found.difference.half, found.difference.mean + found.difference.half) == (
        pytest.approx((low, high))
    )
    assert found.p > paired_t_test(dict(enumerate(a)), dict(enumerate(b))).p
    assert interval(list(a), overlap).half == pytest.approx(
        stats.t.interval(0.95, n - 1, 0, np.sqrt((1 / n + overlap) * a.var(ddof=1)))[1]
    )


def test_holm_by_hand():
    # 0.01 · 3, then 0.03 · 2, then 0.04 · 1, which may not fall below the one before
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.6, 0.5]) == [1.0, 1.0]
    assert holm([0.02]) == [0.02]
    assert holm([]) == []


def test_holm_keeps_its_order_whatever_the_order():
    p = np.random.default_rng(0).uniform(0, 0.2, 8)
    by_value = dict(zip(p, holm(list(p)), strict=True))
    assert holm(sorted(p)) == [by_value[each] for each in sorted(p)]
    assert holm(sorted(p)) == sorted(holm(sorted(p)))
    assert all(corrected >= each for each, corrected in by_value.items())
