import pytest
from scipy import stats

from mmfusion.report.statistics import holm
from mmfusion.studies.contrasts import against_zero, contrasts

A = {0: 0.90, 1: 0.92, 2: 0.91, 3: 0.93}
B = {0: 0.85, 1: 0.88, 2: 0.85, 3: 0.89}
C = {0: 0.89, 1: 0.93, 2: 0.90, 3: 0.93}


def test_the_tests_are_scipys_corrected_together():
    one, two = contrasts([(A, B, 1), (A, C, 1)])
    raw = [stats.ttest_rel(list(A.values()), list(each.values())).pvalue for each in (B, C)]
    assert [one.p, two.p] == pytest.approx(holm(raw))
    assert one.is_shown
    assert not two.is_shown
    assert one.gain.mean == pytest.approx(0.0475)
    assert (one.sign, two.sign) == (1, 0)
    assert one.says == "0.048 ± 0.015, p = 0.004, d = 2.8"


def test_less_is_more_where_it_is_said():
    (better,) = contrasts([(B, A, -1)])
    (worse,) = contrasts([(A, B, -1)])
    assert better.gain.mean == pytest.approx(0.0475)
    assert (better.sign, worse.sign) == (1, -1)
    assert worse.turned().gain.mean == pytest.approx(0.0475)


@pytest.mark.parametrize("seeds", [0, 1, 2])
def test_few_seeds_show_nothing_whatever_they_say(seeds):
    a, b = ({seed: value + seed / 1e6 for seed in range(seeds)} for value in (0.9, 0.1))
    (found,) = contrasts([(a, b, 1)])
    assert (found.p, found.is_shown, found.sign) == (None, False, 0)
    assert f"{seeds} shared seed{'' if seeds == 1 else 's'}, and a test needs 3" in found.says


def test_a_pair_without_a_test_takes_no_part_in_the_correction():
    alone, _ = contrasts([(A, B, 1), ({0: 1.0}, {0: 0.0}, 1)])
    assert alone.p == pytest.approx(stats.ttest_rel(list(A.values()), list(B.values())).pvalue)


def test_seeds_that_one_side_lacks_are_left_out():
    (found,) = contrasts([(A, {seed: B[seed] for seed in (0, 1, 3)}, 1)])
    assert found.n == 3


def test_differences_without_spread_are_not_tested_and_equal_ones_are_equal():
    same, equal = contrasts([(A, {seed: value - 0.1 for seed, value in A.items()}, 1), (A, A, 1)])
    assert same.p is None
    assert same.says == "0.100 ± 0.000; the difference is the same for every seed"
    assert equal.p == 1.0


def test_changes_are_tested_against_nothing():
    (up,) = against_zero([{0: 2.0, 1: 2.5, 2: 1.9, 3: 2.2}])
    assert up.p == pytest.approx(stats.ttest_1samp([2.0, 2.5, 1.9, 2.2], 0).pvalue)
    assert up.sign == 1
