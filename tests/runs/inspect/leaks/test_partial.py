from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from mmfusion.runs.inspect.columns.coded import Coded
from mmfusion.runs.inspect.leaks.partial import computed_from_two, gives_in_part

N = 300


@pytest.fixture
def generator() -> np.random.Generator:
    return np.random.default_rng(1)


@pytest.fixture
def labels(generator) -> np.ndarray:
    return generator.integers(0, 4, N)


def why(feature, target) -> str | None:
    return gives_in_part(Coded.of(feature), Coded.of(target), "the target")


def classes(labels: np.ndarray) -> list[str]:
    return [f"t{label}" for label in labels]


ONE = "alone says which rows of the target hold 't2'"


def test_a_level_that_is_there_for_one_class_alone(generator, labels):
    wards = [("icu", "or", "er")[i] for i in generator.integers(0, 3, N)]

    def wards_but(value, share=1.0):
        held = (labels == 2) & (generator.random(N) < share)
        return [value if holds else ward for holds, ward in zip(held, wards, strict=True)]

    assert why(wards_but("home"), classes(labels)) == why(wards_but(None), classes(labels)) == ONE
    assert why(wards_but("home", 0.7), classes(labels)) is None
    assert why(wards, classes(labels)) is None


@pytest.mark.parametrize("scale", [1, 100])
def test_a_probability_of_one_class_though_it_tells_the_others_apart_a_little(generator, labels, scale):
    score = np.where(labels == 2, 0.8, 0.1 + 0.05 * labels) + generator.uniform(-0.09, 0.09, N)
    score[labels == 2] += generator.uniform(0, 0.1, (labels == 2).sum())
    assert why(pl.Series(score * scale), classes(labels)) == ONE
    assert why(pl.Series(generator.random(N) * scale), classes(labels)) is None


def test_a_number_that_knows_one_class_and_nothing_of_the_others(generator, labels):
    assert why(pl.Series(4.0 * (labels == 2) + 0.4 * generator.normal(size=N)), classes(labels)) == ONE
    zero = np.where(labels == 2, 0, generator.uniform(-3, 3, N))
    assert why(pl.Series(zero), classes(labels)) == ONE


@pytest.mark.parametrize("rows", [50, N])
def test_a_number_that_is_copied_in_some_rows(generator, rows):
    y = generator.normal(size=rows)
    kept = generator.random(rows) < 0.6
    rounded = why([f"{number:.2f}" for number in np.where(kept, y, 0)], [f"{number:.4f}" for number in y])
    assert rounded.startswith("gives ")
    assert rounded.endswith(" wherever it is not '0.00'")
    same = why(pl.Series(np.where(kept, y, generator.normal(size=rows))), pl.Series(y))
    assert same == f"is the same number as the target in {kept.mean():.0%} of rows"
    scaled = pl.Series(np.where(generator.random(rows) < 0.85, 2 - 3 * y, 7))
    assert why(scaled, pl.Series(y)) == "gives 100% (rank correlation) of the target wherever it is not '7.0'"
    amounts = np.where(kept, 0, 2 + 0.95 * y + 0.3 * generator.normal(size=rows))  # often nothing, else r = .95
    assert why(pl.Series(amounts), pl.Series(y)) is None


@pytest.mark.parametrize("missing", [None, "unknown", "n/a"])
@pytest.mark.parametrize("rows", [60, N])
def test_labels_that_are_copied_in_some_rows(generator, labels, missing, rows):
    kept = generator.random(rows) < 0.6
    some = [f"k{label}" if keep else missing for label, keep in zip(labels[:rows], kept, strict=True)]
    without = "empty" if missing is None else f"'{missing}'"
    assert why(some, classes(labels[:rows])).endswith(f"wherever it is not {without}")
    sign = [("low", "high")[int(label > 1)] if keep else missing for label, keep in zip(labels, kept, strict=False)]
    assert why(sign, pl.Series(labels[:rows] + generator.random(rows))).endswith(f"wherever it is not {without}")


@pytest.mark.parametrize("rows", [50, 80, N])
def test_without_the_middle_one_of_three_sizes_two_are_told_apart_well_by_right(rows):
    for seed in range(10):
        generator = np.random.default_rng(seed)
        y = generator.normal(size=rows)
        sizes = np.clip(np.round(1 + 0.7 * y + 0.5 * generator.normal(size=rows)), 0, 2).astype(int)
        sizes = [("S", "M", "L")[size] for size in sizes]
        assert why(sizes, pl.Series(y)) is None
        assert why(sizes, [("no", "yes")[int(number > 0)] for number in y]) is None


def test_too_few_labels():
    assert why(["a", "b", "c"] * 13, ["x", "y", "z"] * 13) is None
    assert why([], []) is None


FUNCTIONS = {"sum": np.add, "difference": np.subtract, "product": np.multiply, "quotient": np.divide}


def named_columns(**columns) -> dict[str, Coded]:
    return {name: Coded.of(pl.Series(cells)) for name, cells in columns.items()}


@pytest.fixture
def columns() -> dict[str, np.ndarray]:
    generator = np.random.default_rng(0)
    return {name: generator.integers(0, 400, N).astype(float) for name in ("noise", "casual", "registered")}


@pytest.mark.parametrize("what", FUNCTIONS)
@pytest.mark.parametrize("swapped", [False, True])
def test_what_a_target_is_computed_from(columns, what, swapped):
    pair = ["registered", "casual"] if swapped else ["casual", "registered"]
    a, b = (columns[name] + (1 if what == "quotient" else 0) for name in pair)
    inputs = named_columns(**dict(zip(pair, (a, b), strict=True)), noise=columns["noise"])
    y = FUNCTIONS[what](a, b)
    assert computed_from_two(inputs, Coded.of(pl.Series(y.round(3)))) == (*pair, what)
    holes = np.where(np.arange(N) % 5 == 0, np.nan, a)
    some = {**inputs, pair[0]: Coded.of(pl.Series(holes).fill_nan(None))}
    assert computed_from_two(some, Coded.of(pl.Series(y))) == (*pair, what)
    noisy = y + 0.02 * y.std() * np.random.default_rng(1).normal(size=N)
    assert computed_from_two(inputs, Coded.of(pl.Series(noisy))) is None


def test_what_is_not_looked_for(columns):
    y = columns["casual"] + columns["registered"]
    few = named_columns(**{name: cells[:39] for name, cells in columns.items()})
    assert computed_from_two(few, Coded.of(pl.Series(y[:39]))) is None
    assert computed_from_two(named_columns(**columns), Coded.of([f"k{number}" for number in y])) is None
    many = named_columns(**{f"{i}": columns["noise"] for i in range(60)}, **columns)
    assert computed_from_two(many, Coded.of(pl.Series(y))) is None
