import pytest
from scipy import stats

from mmfusion.studies.contrasts import against_zero, contrasts

A = {0: 0.90, 1: 0.92, 2: 0.91, 3: 0.93}
B = {0: 0.85, 1: 0.88, 2: 0.85, 3: 0.89}
C = {0: 0.89, 1: 0.93, 2: 0.90, 3: 0.93}


def test_the_tests_are_scipys_corrected_together():
    tests = contrasts({"b": (A, B, 1), "c": (A, C, 1), "untested": ({0: 1.0}, {0: 0.0}, 1)})
    raw = [stats.ttest_rel(list(A.values()), list(other.values())).pvalue for other in (B, C)]
    assert [tests["b"].p, tests["c"].p] == pytest.approx([2 * raw[0], raw[1]]), (
        "what has no test takes no part in the correction"
    )
    assert [test.sign for test in tests.values()] == [1, 0, 0]
    assert tests["b"].is_shown
    assert not tests["c"].is_shown
    assert tests["b"].difference.mean == pytest.approx(0.0475)
    assert tests["b"].says == "0.048 ± 0.015, p = 0.004, d = 2.8"


def test_less_is_more_where_it_is_said():
    tests = contrasts({"better": (B, A, -1), "worse": (A, B, -1)})
    assert [test.sign for test in tests.values()] == [1, -1]
    assert tests["better"].difference.mean == tests["worse"].turned().difference.mean == pytest.approx(0.0475)


@pytest.mark.parametrize("seeds", [0, 1, 2])
def test_few_seeds_show_nothing_whatever_they_say(seeds):
    a, b = ({seed: value + seed / 1e6 for seed in range(seeds)} for value in (0.9, 0.1))
    (test,) = contrasts({"": (a, b, 1)}).values()
    assert (test.p, test.is_shown, test.sign) == (None, False, 0)
    assert f"{seeds} shared seed{'' if seeds == 1 else 's'}, and a test needs 3" in test.says


def test_seeds_that_one_side_lacks_are_left_out():
    assert contrasts({"": (A, {seed: B[seed] for seed in (0, 1, 3)}, 1)})[""].n == 3


def test_differences_without_spread_are_not_tested_and_equal_ones_are_equal():
    tests = contrasts({"same": (A, {seed: value - 0.1 for seed, value in A.items()}, 1), "equal": (A, A, 1)})
    assert tests["same"].p is None
    assert tests["same"].says == "0.100 ± 0.000; the difference is the same for every seed"
    assert tests["equal"].p == 1.0


def test_changes_are_tested_against_nothing():
    test = against_zero({"": {0: 2.0, 1: 2.5, 2: 1.9, 3: 2.2}})[""]
    assert test.p == pytest.approx(stats.ttest_1samp([2.0, 2.5, 1.9, 2.2], 0).pvalue)
    assert test.sign == 1
