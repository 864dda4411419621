import itertools

import numpy as np
import pytest

from mmfusion.runs.inspect.leaks.association import (
    alike_in_rank,
    along_curve,
    distance_apart,
    hits_by_interval,
    hits_by_level,
    independent,
    mean_of_level,
    mean_of_neighbours,
    rank_correlation,
)


@pytest.fixture
def generator() -> np.random.Generator:
    return np.random.default_rng(1)


def left_out(codes, labels):
    """The hits with one row after another left out, by a loop; a tie is no hit."""
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


def test_hits_by_interval_are_those_of_the_best_thresholds(generator):
    x, labels = generator.integers(0, 12, 60).astype(float), generator.integers(0, 2, 60)
    best = 0
    for count in (1, 2, 3):  # thresholds; of two classes there may be four intervals, and more than two cost a row each
        for ends in itertools.combinations(range(13), count):
            inside = (np.digitize(x, ends) % 2) == labels
            best = max(best, max(inside.sum(), (~inside).sum()) - (count - 1))
    assert hits_by_interval(x, labels) == best
    bins = np.digitize(x, [3, 6, 9])
    assert hits_by_interval(-x, bins) == 60
    assert hits_by_interval(np.zeros(60), bins) == np.bincount(bins).max()  # equal numbers are not parted


@pytest.mark.parametrize("classes", [6, 20])
def test_many_classes_are_an_interval_each(generator, classes):
    x = generator.normal(size=400)
    labels = np.searchsorted(np.quantile(x, np.arange(1, classes) / classes), x)
    assert hits_by_interval(x, labels) == 400
    assert hits_by_interval(generator.normal(size=400), labels) < 0.45 * 400


def test_a_curve_is_followed_and_noise_is_not(generator):
    x = generator.uniform(-1, 1, 300)
    inside = (abs(x) < 0.5).astype(int)
    assert hits_by_interval(x, inside) == 300  # in three intervals, without an error
    assert hits_by_interval(x, np.where(x == x.max(), 1, inside)) == 298  # the fourth costs a row more than an error
    assert hits_by_interval(generator.normal(size=300), inside) < 190
    assert rank_correlation(mean_of_neighbours(x, x**2), x**2) > 0.98
    assert abs(rank_correlation(mean_of_neighbours(generator.normal(size=300), x), x)) < 0.2


def test_rows_of_one_number_are_no_neighbours_by_their_place_in_the_file():
    place = np.arange(300.0)  # the file is sorted by its target
    assert abs(rank_correlation(mean_of_neighbours(np.tile(np.arange(5.0), 60), place), place)) < 0.3
    assert abs(rank_correlation(*along_curve(np.tile(np.arange(24.0), 50), np.arange(1200.0)))) < 0.4


def test_a_row_is_no_neighbour_of_its_own():
    for i, one in enumerate(np.eye(8)):
        assert mean_of_neighbours(np.arange(8.0), one)[i] == 0


def test_rank_correlation_of_bins_is_one(generator):
    y = generator.normal(size=200)
    assert rank_correlation(np.digitize(y, [-1, 0, 1]), y) == pytest.approx(1)
    assert rank_correlation(-np.digitize(y, [-1, 0, 1]), y) == pytest.approx(-1)
    assert rank_correlation(np.exp(y), y) == pytest.approx(1)
    assert abs(rank_correlation(generator.normal(size=200), y)) < 0.2
    assert rank_correlation(np.ones(200), y) == 0
    assert mean_of_level(np.array([5, 5, -1]), np.array([1.0, 3.0, 7.0])).tolist() == [2, 2, 7]


def test_distance_apart():
    x = np.array([0.0, 1.0, 7.0, 10.0])
    assert distance_apart(x, x > 5) == pytest.approx(0.6)
    assert distance_apart(x, x < 5) == pytest.approx(0.6)
    assert distance_apart(x, x == 1) < 0


def test_independence_of_classes(generator):
    classes = generator.integers(0, 3, 300)
    assert independent(generator.random(300) < 0.4, classes) > 0.05
    assert independent(classes == 1, classes) < 1e-6
    assert alike_in_rank(generator.normal(size=300), classes)
    assert not alike_in_rank(generator.normal(size=300) + classes, classes)
    assert alike_in_rank(np.ones(300), classes)
