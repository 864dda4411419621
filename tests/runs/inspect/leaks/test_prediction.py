from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from sklearn.datasets import load_iris, load_wine

from mmfusion.runs.inspect.columns.coded import Coded
from mmfusion.runs.inspect.leaks.partial import gives_in_part
from mmfusion.runs.inspect.leaks.prediction import Score, contains_label, follows, gives, relation

N = 400


@pytest.fixture
def generator() -> np.random.Generator:
    return np.random.default_rng(1)


def score_of(feature, target) -> Score:
    return gives(Coded.of(pl.Series(feature)), Coded.of(pl.Series(target)))


def score_of_made(feature, target) -> Score:
    return follows(Coded.of(pl.Series(feature)), Coded.of(pl.Series(target)))


def test_a_copy_of_the_target_is_suspicious_and_a_value_of_its_own_in_every_row_knows_nothing(generator):
    target = [f"class{i}" for i in generator.integers(0, 5, N)]
    score = score_of([f"other{name[-1]}" for name in target], target)
    assert (score.value, score.suspicious, score.words) == (1, True, "100% (accuracy)")
    assert 0.15 < score.chance < 0.3
    score = score_of([f"id{i}" for i in range(N)], target)
    assert score.value == score.chance
    assert not score.suspicious


FLAT = np.arange(50.0)


@pytest.mark.parametrize(
    ("suspicious", "columns"),
    [
        (True, lambda g, y, bit: ((g.random(N) < 0.03) ^ bit, bit)),  # a noisy copy
        (False, lambda g, y, bit: ((g.random(N) < 0.1) ^ bit, bit)),
        (False, lambda g, y, bit: (g.integers(0, 3, N).astype(str), np.arange(N) < 5)),  # a rare class
        (False, lambda g, y, bit: (np.arange(N) < 3, np.arange(N) < 3)),
        (True, lambda g, y, bit: ([f"x{g.integers(3)}" if x else None for x in bit], bit)),  # holes
        (True, lambda g, y, bit: ([g.normal() if x else None for x in bit], bit)),
        (True, lambda g, y, bit: (np.arange(40) % 2 == 0, np.arange(40) % 2 == 0)),  # the fewest rows
        (False, lambda g, y, bit: (np.arange(39) % 2 == 0, np.arange(39) % 2 == 0)),
        (False, lambda g, y, bit: ([], [])),
        (True, lambda g, y, bit: (np.r_[g.uniform(0.7, 0.95, 6), g.uniform(0.02, 0.35, 44)], FLAT < 6)),  # a wide gap
        (False, lambda g, y, bit: (FLAT, FLAT < 6)),
        (True, lambda g, y, bit: ([f"{i % 4}/{g.integers(4)}" for i in range(50)], FLAT.astype(int) % 4)),  # finer
        (False, lambda g, y, bit: ([str(i % 24) for i in range(1200)], np.sort(g.normal(size=1200)))),  # a sorted file
    ],
)
def test_what_gives_a_target_away(generator, suspicious, columns):
    feature, target = columns(generator, generator.normal(size=N), generator.random(N) < 0.5)
    target = pl.Series(target)
    assert score_of(feature, target.cast(pl.String) if target.dtype == pl.Boolean else target).suspicious is suspicious


@pytest.mark.parametrize(
    ("suspicious", "column", "rows"),
    [
        (True, lambda g, y: [None if x > 0.3 else g.normal() for x in y], N),
        (False, lambda g, y: [None if g.random() < 0.3 else 1.5 * i for i in range(N)], N),
        (True, lambda g, y: np.argsort(np.argsort(y)) > 76, 80),  # the three largest
        (False, lambda g, y: np.argsort(np.argsort(y)) > 77, 80),
        (False, lambda g, y: np.isin(np.argsort(np.argsort(y)), (40, 60, 70)), 80),
        (True, lambda g, y: abs(y - 0.3) < 0.4, 50),  # between two thresholds
    ],
)
def test_what_is_made_from_a_target(generator, suspicious, column, rows):
    y = generator.normal(size=rows)
    assert score_of_made(column(generator, y), y).suspicious is suspicious


def test_rows_without_a_label_do_not_count(generator):
    target = [None if i % 2 else str(i % 4) for i in range(N)]
    feature = ["?" if label is None else label for label in target]
    score = score_of(feature, target)
    assert (score.value, score.rows) == (1, N / 2)
    assert score_of_made(feature, target).rows == N / 2


@pytest.mark.parametrize("as_text", [False, True])
def test_numbers_that_follow_a_number(generator, as_text):
    target = generator.normal(size=N)
    feature = 3 - 2 * target
    score = score_of(list(map(str, feature)) if as_text else feature, target)
    assert score.measure == "rank correlation"
    assert score.value == pytest.approx(1)
    assert score_of(generator.normal(size=N), target).value < 0.2


CURVES = [np.exp, np.square, np.abs, np.argsort, np.sign, lambda y: y > 0.7, lambda y: np.digitize(y, [-1, 0, 0.5])]


@pytest.mark.parametrize("noise", [0, 0.05])
@pytest.mark.parametrize("curve", CURVES)
@pytest.mark.parametrize("rows", [60, 600])
def test_what_is_made_from_a_number_is_found_in_one_direction_or_the_other(generator, curve, noise, rows):
    y = generator.normal(size=rows)
    feature = curve(y + noise * generator.normal(size=rows))
    feature = np.argsort(feature) if curve is np.argsort else feature  # the rank of each
    assert score_of(feature, y).suspicious or score_of_made(feature, y).suspicious


@pytest.mark.parametrize("rows", [40, 60, 600])
def test_what_predicts_well_by_right_is_no_leak(rows):
    alarms = 0
    for seed in range(20):
        generator = np.random.default_rng(seed)
        x = generator.normal(size=rows)
        y = 0.95 * x + np.sqrt(1 - 0.95**2) * generator.normal(size=rows)  # r = .95
        label = (x > 0) ^ (generator.random(rows) < 0.1)  # φ = .8
        step = (2.67 * (x > 0) + generator.normal(size=rows)).round(3)  # r = .8 with a class of two
        for one, other in ((x, y), (label, x > 0), (x > 0, step), (x, label)):
            alarms += score_of(one, other).suspicious + score_of_made(one, other).suspicious
    assert alarms <= 3


def test_a_coarser_label_follows_from_a_finer_one(generator):
    fine = generator.integers(0, 12, N)
    coarse, fine = [f"group {i // 4}" for i in fine], [f"kind {i}" for i in fine]
    assert score_of(fine, coarse).suspicious
    assert score_of_made(coarse, fine).suspicious
    assert not score_of(coarse, fine).suspicious


def test_a_text_that_says_its_label(generator):
    labels = [("positive", "negative")[i] for i in generator.integers(0, 2, N)]
    assert contains_label([f"This one, I would say: {label.upper()}!" for label in labels], labels).suspicious
    assert not contains_label(["not positively said"] * N, labels).suspicious
    assert not contains_label(["positive or negative?"] * N, labels).suspicious  # both words in every text
    assert contains_label([None, "a"], ["x", None]).rows == 0


@pytest.mark.parametrize(
    ("names", "text"),
    [
        (("猫", "狗"), "今天这只{}很可爱。"),
        (("正面", "负面"), "我觉得是{}评价"),
        (("แมว", "สุนัข"), "ตัวนี้คือ{}น่ารัก"),
        (("ネコ", "イヌ"), "この{}はとても可愛い"),
        (("고양이", "강아지"), "이 {}는 매우 귀엽습니다"),
    ],
)
def test_a_text_without_blanks_says_its_label_too(names, text):
    labels = [names[i % 2] for i in range(N)]
    assert contains_label([text.format(label) for label in labels], labels).suspicious
    assert not contains_label([text.format("x") for _ in labels], labels).suspicious
    assert not contains_label([text.format("".join(names)) for _ in labels], labels).suspicious


@pytest.mark.parametrize("table", [load_iris(), load_wine()], ids=["iris", "wine"])
@pytest.mark.parametrize("rows", [50, 80, None])
def test_measurements_that_tell_kinds_apart_are_no_leak_by_whatever_luck(table, rows):
    for seed in range(5 if rows else 1):
        chosen = np.random.default_rng(seed).choice(len(table.target), rows or len(table.target), replace=False)
        kinds = Coded.of(pl.Series(table.target_names[table.target[chosen]]))
        cells = table.data[chosen]
        scaled = (cells - cells.min(0)) / np.ptp(cells, axis=0)
        for column in map(Coded.of, map(pl.Series, np.c_[cells, scaled].T)):
            assert relation(column, kinds) is None
            assert gives_in_part(column, kinds, "kind") is None


def test_a_bin_of_a_measurement_is_a_leak_where_the_measurement_is_none():
    petal = load_iris().data[:, 2]
    assert score_of(petal, np.digitize(petal, [3, 5]).astype(str)).suspicious


def test_what_is_nearly_always_the_same_has_no_order(generator):
    pixel = [float(i % 10 == 3 and i < 100) * generator.integers(1, 30) for i in range(N)]
    assert not score_of_made(pixel, [f"k{i % 10}" for i in range(N)]).suspicious
