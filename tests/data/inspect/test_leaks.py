from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from mmfusion.data.inspect.leaks import alone, halves, says_label

N = 2000


@pytest.fixture
def generator() -> np.random.Generator:
    return np.random.default_rng(1)


def test_a_copy_of_the_target_is_suspicious(generator):
    target = [f"class{i}" for i in generator.integers(0, 5, N)]
    copy = [f"other{name[-1]}" for name in target]
    score = alone(copy, target, halves(N), regression=False)
    assert score.value == 1
    assert 0.1 < score.chance < 0.3
    assert score.suspicious()


def test_a_value_of_its_own_in_every_row_knows_nothing(generator):
    target = [str(i) for i in generator.integers(0, 2, N)]
    score = alone([f"id{i}" for i in range(N)], target, halves(N), regression=False)
    assert score.value == score.chance
    assert not score.suspicious()


def test_a_noisy_copy_is_below_the_threshold(generator):
    target = generator.integers(0, 2, N)
    flipped = np.where(generator.random(N) < 0.1, 1 - target, target)
    score = alone(list(map(str, flipped)), list(map(str, target)), halves(N), regression=False)
    assert 0.85 < score.value < 0.95
    assert not score.suspicious()
    assert score.suspicious(threshold=0.8)


def test_a_rare_class_alone_is_no_leak(generator):
    target = ["rare" if i < 5 else "common" for i in range(N)]
    score = alone(list(map(str, generator.integers(0, 3, N))), target, halves(N), regression=False)
    assert score.value > 0.99
    assert not score.suspicious()


def test_holes_that_give_the_label_away(generator):
    target = [str(i) for i in generator.integers(0, 2, N)]
    feature = [None if label == "0" else f"x{generator.integers(0, 3)}" for label in target]
    assert alone(feature, target, halves(N), regression=False).suspicious()


def test_rows_without_a_label_do_not_count(generator):
    target = [None if i % 2 else str(i % 4) for i in range(N)]
    feature = ["?" if label is None else label for label in target]
    score = alone(feature, target, halves(N), regression=False)
    assert score.value == 1
    assert score.rows < 0.6 * N / 2


def test_a_threshold_of_many_numbers_is_found(generator):
    feature = pl.Series(generator.normal(size=N))
    target = (feature > feature.median()).cast(pl.String)
    assert alone(feature, target, halves(N), regression=False).value > 0.98
    noise = pl.Series(generator.normal(size=N))
    assert alone(noise, target, halves(N), regression=False).value < 0.6


@pytest.mark.parametrize("as_text", [False, True])
def test_numbers_that_follow_a_number(generator, as_text):
    target = generator.normal(size=N)
    feature = 3 - 2 * target
    cells = list(map(str, feature)) if as_text else pl.Series(feature)
    score = alone(cells, pl.Series(target), halves(N), regression=True)
    assert score.measure == "|r|"
    assert score.value == pytest.approx(1)
    assert alone(pl.Series(generator.normal(size=N)), pl.Series(target), halves(N), regression=True).value < 0.1


def test_categories_that_follow_a_number(generator):
    target = generator.integers(0, 4, N)
    score = alone([f"level{i}" for i in target], pl.Series(target), halves(N), regression=True)
    assert score.suspicious()


def test_of_few_numbers_too(generator):
    target = pl.Series(generator.normal(size=30))
    score = alone(3 - 2 * target, target, halves(30), regression=True)
    assert score.suspicious()
    levels = pl.Series([0, 7, 3, 5] * 10)  # numbers that are names of levels
    target = pl.Series([{0: 4.0, 7: 1.0, 3: 9.0, 5: 2.0}[level] for level in levels])
    assert alone(levels, target, halves(40), regression=True).value == pytest.approx(1)


def test_halves_are_halves():
    assert [int(halves(rows).sum()) for rows in (0, 1, 2, 39, 40)] == [0, 0, 1, 19, 20]


def test_few_rows_are_never_suspicious():
    assert not alone(["a", "b"] * 5, ["0", "1"] * 5, np.arange(10) < 5, regression=False).suspicious()
    assert not alone(["a"], ["0"], np.array([True]), regression=False).suspicious()


def test_a_text_that_says_its_label(generator):
    labels = [("positive", "negative")[i] for i in generator.integers(0, 2, N)]
    said = says_label([f"This one, I would say: {label.upper()}!" for label in labels], labels)
    assert said.suspicious()
    assert not says_label(["not positively said"] * N, labels).suspicious()
    # Both words in every text: nothing is given away.
    assert not says_label(["positive or negative?"] * N, labels).suspicious()
    assert says_label([None, "a"], ["x", None]).rows == 0


@pytest.mark.parametrize(("rows", "scored"), [(60, 20), (80, 20), (400, 80)])
def test_a_threshold_is_found_among_few_rows_and_noise_is_not(rows, scored):
    generator = np.random.default_rng(3)
    feature = generator.uniform(0, 100, rows + scored)
    target, fit = pl.Series(feature >= 50).cast(pl.String), np.arange(rows + scored) < rows
    assert alone(pl.Series(feature), target, fit, regression=False).suspicious()
    noise = pl.Series(generator.normal(size=rows + scored))
    assert alone(noise, target, fit, regression=False).value < 0.8
    assert alone(noise, pl.Series(feature), fit, regression=True).value < 0.6


@pytest.mark.parametrize("curve", [np.square, lambda x: np.exp(3 * x), lambda x: np.sin(3 * x)])
def test_a_number_that_follows_another_along_a_curve(generator, curve):
    feature = generator.uniform(-1, 1, 300)
    fit = np.arange(300) < 200
    assert alone(pl.Series(feature), pl.Series(curve(feature)), fit, regression=True).suspicious()


def test_an_empty_number_is_no_neighbour(generator):
    feature = [None if i % 4 == 0 else float(i % 100) for i in range(400)]
    target = ["hole" if cell is None else "high" if cell >= 50 else "low" for cell in feature]
    assert alone(pl.Series(feature), target, halves(400), regression=False).value == 1
    empty = pl.Series([None] * 400, dtype=pl.Float64)
    assert not alone(empty, target, halves(400), regression=False).suspicious()
