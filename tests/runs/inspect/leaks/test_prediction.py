from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from sklearn.datasets import load_iris, load_wine

from mmfusion.runs.inspect.columns.coded import MOST_ROWS, Coded, sample
from mmfusion.runs.inspect.leaks.partial import gives_in_part
from mmfusion.runs.inspect.leaks.prediction import Score, contains_label, follows, gives, relation

N = 400


@pytest.fixture
def generator() -> np.random.Generator:
    return np.random.default_rng(1)


def given(feature, target) -> Score:
    return gives(Coded.of(feature), Coded.of(target))


def made(feature, target) -> Score:
    return follows(Coded.of(feature), Coded.of(target))


def test_a_copy_of_the_target_is_suspicious(generator):
    target = [f"class{i}" for i in generator.integers(0, 5, N)]
    score = given([f"other{name[-1]}" for name in target], target)
    assert score.value == 1
    assert 0.15 < score.chance < 0.3
    assert score.suspicious
    assert score.words == "100% (accuracy)"


def test_a_value_of_its_own_in_every_row_knows_nothing(generator):
    target = [str(i) for i in generator.integers(0, 2, N)]
    score = given([f"id{i}" for i in range(N)], target)
    assert score.value == score.chance
    assert not score.suspicious


@pytest.mark.parametrize(("flipped", "suspicious"), [(0.03, True), (0.1, False)])
def test_a_noisy_copy(generator, flipped, suspicious):
    target = generator.integers(0, 2, N)
    copy = np.where(generator.random(N) < flipped, 1 - target, target)
    assert given(list(map(str, copy)), list(map(str, target))).suspicious is suspicious


def test_a_rare_class_alone_is_no_leak(generator):
    target = ["rare" if i < 5 else "common" for i in range(N)]
    score = given(list(map(str, generator.integers(0, 3, N))), target)
    assert score.value > 0.98
    assert not score.suspicious
    assert not given(["a"] * 3 + ["b"] * (N - 3), ["rare"] * 3 + ["common"] * (N - 3)).suspicious


def test_holes_that_give_the_label_away(generator):
    target = [str(i) for i in generator.integers(0, 2, N)]
    assert given([None if label == "0" else f"x{generator.integers(0, 3)}" for label in target], target).suspicious
    assert given([None if label == "0" else float(generator.normal()) for label in target], target).suspicious
    number = generator.normal(size=N)
    holes = [None if y > 0.3 else float(generator.normal()) for y in number]
    assert made(holes, pl.Series(number)).suspicious
    assert not made([None if generator.random() < 0.3 else 1.5 * i for i in range(N)], pl.Series(number)).suspicious


def test_rows_without_a_label_do_not_count(generator):
    target = [None if i % 2 else str(i % 4) for i in range(N)]
    feature = ["?" if label is None else label for label in target]
    score = given(feature, target)
    assert (score.value, score.rows) == (1, N / 2)
    assert made(feature, target).rows == N / 2


@pytest.mark.parametrize("as_text", [False, True])
def test_numbers_that_follow_a_number(generator, as_text):
    target = generator.normal(size=N)
    feature = 3 - 2 * target
    score = given(list(map(str, feature)) if as_text else pl.Series(feature), pl.Series(target))
    assert score.measure == "rank correlation"
    assert score.value == pytest.approx(1)
    assert given(pl.Series(generator.normal(size=N)), pl.Series(target)).value < 0.2


CURVES = [np.exp, np.square, np.abs, np.argsort, np.sign, lambda y: y > 0.7, lambda y: np.digitize(y, [-1, 0, 0.5])]


@pytest.mark.parametrize("noise", [0, 0.05])
@pytest.mark.parametrize("curve", CURVES)
@pytest.mark.parametrize("rows", [60, 600])
def test_what_is_made_from_a_number_is_found_in_one_direction_or_the_other(generator, curve, noise, rows):
    y = generator.normal(size=rows)
    feature = curve(y + noise * generator.normal(size=rows))
    if curve is np.argsort:
        feature = np.argsort(feature)  # the rank of each
    feature = pl.Series(feature)
    assert given(feature, pl.Series(y)).suspicious or made(feature, pl.Series(y)).suspicious


@pytest.mark.parametrize("rows", [40, 60, 600])
def test_what_predicts_well_by_right_is_no_leak(rows):
    alarms = 0
    for seed in range(20):
        generator = np.random.default_rng(seed)
        x = generator.normal(size=rows)
        y = 0.95 * x + np.sqrt(1 - 0.95**2) * generator.normal(size=rows)  # r = .95
        label = (x > 0) ^ (generator.random(rows) < 0.1)  # φ = .8
        step = pl.Series((2.67 * (x > 0) + generator.normal(size=rows)).round(3))  # r = .8 with a class of two
        for one, other in ((x, y), (label, x > 0), (x > 0, step), (x, label)):
            alarms += given(pl.Series(one), pl.Series(other)).suspicious
            alarms += made(pl.Series(one), pl.Series(other)).suspicious
    assert alarms <= 3


def test_a_coarser_label_follows_from_a_finer_one(generator):
    fine = generator.integers(0, 12, N)
    coarse = pl.Series([f"group {i // 4}" for i in fine])
    fine = pl.Series([f"kind {i}" for i in fine])
    assert given(fine, coarse).suspicious
    assert made(coarse, fine).suspicious
    assert not given(coarse, fine).suspicious


def test_few_rows_are_never_suspicious():
    assert not given(["a", "b"] * 19, ["0", "1"] * 19).suspicious
    assert given(["a", "b"] * 20, ["0", "1"] * 20).suspicious
    assert not given([], []).suspicious


def test_a_long_table_is_sampled():
    assert sample(MOST_ROWS) is None
    rows = sample(10 * MOST_ROWS)
    assert len(np.unique(rows)) == MOST_ROWS
    assert Coded.of(pl.Series(range(10 * MOST_ROWS)), rows).levels == MOST_ROWS


def test_a_text_that_says_its_label(generator):
    labels = [("positive", "negative")[i] for i in generator.integers(0, 2, N)]
    said = contains_label([f"This one, I would say: {label.upper()}!" for label in labels], labels)
    assert said.suspicious
    assert not contains_label(["not positively said"] * N, labels).suspicious
    # Both words in every text: nothing is given away.
    assert not contains_label(["positive or negative?"] * N, labels).suspicious
    assert contains_label([None, "a"], ["x", None]).rows == 0


def test_a_bin_of_a_measurement_is_a_leak_where_the_measurement_is_none():
    irises = load_iris()
    species, petal = Coded.of(pl.Series(irises.target_names[irises.target])), irises.data[:, 2]
    assert gives(Coded.of(pl.Series(petal)), species).value > 0.9
    assert gives(Coded.of(pl.Series(petal)), Coded.of(pl.Series(np.digitize(petal, [3, 5]).astype(str)))).suspicious


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


def test_few_rows_of_a_wide_gap_are_enough(generator):
    chance = np.where(np.arange(50) < 6, generator.uniform(0.7, 0.95, 50), generator.uniform(0.02, 0.35, 50))
    assert given(pl.Series(chance), [str(i < 6) for i in range(50)]).suspicious
    assert not given(pl.Series(np.arange(50.0)), [str(i < 6) for i in range(50)]).suspicious


def test_the_three_largest_of_a_target_are_no_chance(generator):
    y = np.sort(generator.normal(size=80))
    assert made([str(i > 76) for i in range(80)], pl.Series(y)).suspicious
    assert not made([str(i > 77) for i in range(80)], pl.Series(y)).suspicious
    assert not made([str(i in (40, 60, 70)) for i in range(80)], pl.Series(y)).suspicious


def test_between_two_thresholds_in_few_rows(generator):
    y = generator.normal(size=50)
    assert made([str(abs(each - 0.3) < 0.4) for each in y], pl.Series(y)).suspicious


def test_values_of_one_row_each_do_not_speak_against_a_finer_label(generator):
    labels = generator.integers(0, 4, 50)
    finer = [f"{label}/{generator.integers(4)}" for label in labels]
    assert given(finer, [f"t{label}" for label in labels]).suspicious


def test_what_is_nearly_always_the_same_has_no_order(generator):
    kinds = pl.Series([f"k{i % 10}" for i in range(N)])
    pixel = pl.Series([float(i % 10 == 3 and i < 100) for i in range(N)]) * pl.Series(generator.integers(1, 30, N))
    assert not made(pixel, kinds).suspicious


def test_a_table_in_the_order_of_its_target_makes_no_leak_of_what_repeats(generator):
    y = pl.Series(np.sort(generator.normal(size=1200)))
    assert not given([str(i % 24) for i in range(1200)], y).suspicious
