import numpy as np
import pytest

from mmfusion.data.inspect.association import (
    hits_by_level,
    hits_by_neighbours,
    hits_by_threshold,
    mean_of_level,
    mean_of_neighbours,
    rank_correlation,
)


@pytest.fixture
def generator() -> np.random.Generator:
    return np.random.default_rng(1)


def left_out(codes, labels):
    """Each row left out in turn, written as it is told; a tie is no hit."""
    hits = 0
    for i in range(len(codes)):
        others = labels[(codes == codes[i]) & (np.arange(len(codes)) != i)]
        counts = np.bincount(others if len(others) else labels, minlength=labels.max() + 1)
        rivals = np.delete(counts, labels[i])
        hits += counts[labels[i]] > (rivals.max() if len(others) else -1) and (
            len(others) > 0 or counts.argmax() == labels[i]
        )
    return hits


@pytest.mark.parametrize("levels", [2, 7, 60])
def test_hits_by_level_leave_each_row_out(generator, levels):
    codes, labels = generator.integers(-1, levels, 100), generator.integers(0, 3, 100)
    labels[:50] = codes[:50] % 3
    assert hits_by_level(codes, labels) == left_out(codes, labels)


def test_hits_by_threshold_are_those_of_the_best_threshold(generator):
    x, labels = generator.integers(0, 30, 80).astype(float), generator.integers(0, 2, 80)
    best = max(max(((x < t) == labels).sum(), ((x >= t) == labels).sum()) for t in range(32))
    assert best - 3 <= hits_by_threshold(x, labels) <= best  # the classes stand in the order of their medians
    bins = np.digitize(x, [5, 11, 24])
    assert hits_by_threshold(-x, bins) == 80
    assert hits_by_threshold(np.zeros(80), bins) == np.bincount(bins).max()  # equal numbers are not parted


def test_neighbours_follow_a_curve_and_know_nothing_of_noise(generator):
    x = generator.uniform(-1, 1, 300)
    inside = (abs(x) < 0.5).astype(int)
    assert hits_by_neighbours(x, inside) > 290
    assert hits_by_threshold(x, inside) < 250
    assert hits_by_neighbours(generator.normal(size=300), inside) < 190
    assert rank_correlation(mean_of_neighbours(x, x**2), x**2) > 0.98
    assert abs(rank_correlation(mean_of_neighbours(generator.normal(size=300), x), x)) < 0.2


def test_rows_of_one_number_are_no_neighbours_by_their_place_in_the_file():
    labels = np.repeat(np.arange(10), 30)  # the file is sorted by its label
    assert hits_by_neighbours(np.tile(np.arange(30.0), 10), labels) < 60


def test_a_row_is_no_neighbour_of_its_own():
    x = np.arange(8.0)
    one = np.zeros(8)
    for i in range(8):
        one[:] = 0
        one[i] = 1
        assert mean_of_neighbours(x, one)[i] == 0


def test_rank_correlation_of_bins_is_one(generator):
    y = generator.normal(size=200)
    assert rank_correlation(np.digitize(y, [-1, 0, 1]), y) == pytest.approx(1)
    assert rank_correlation(-np.digitize(y, [-1, 0, 1]), y) == pytest.approx(-1)
    assert rank_correlation(np.exp(y), y) == pytest.approx(1)
    assert abs(rank_correlation(generator.normal(size=200), y)) < 0.2
    assert rank_correlation(np.ones(200), y) == 0


def test_mean_of_level():
    assert mean_of_level(np.array([5, 5, -1]), np.array([1.0, 3.0, 7.0])).tolist() == [2, 2, 7]
