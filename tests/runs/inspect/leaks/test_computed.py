from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from mmfusion.runs.inspect.columns.coded import Coded
from mmfusion.runs.inspect.leaks.computed import computed_from_two

N = 200
FUNCTIONS = {"sum": np.add, "difference": np.subtract, "product": np.multiply, "quotient": np.divide}


def coded(**columns) -> dict[str, Coded]:
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
    inputs = coded(**dict(zip(pair, (a, b), strict=True)), noise=columns["noise"])
    y = FUNCTIONS[what](a, b)
    assert computed_from_two(inputs, Coded.of(pl.Series(y.round(3)))) == (*pair, what)
    holes = np.where(np.arange(N) % 5 == 0, np.nan, a)
    some = {**inputs, pair[0]: Coded.of(pl.Series(holes).fill_nan(None))}
    assert computed_from_two(some, Coded.of(pl.Series(y))) == (*pair, what)
    noisy = y + 0.02 * y.std() * np.random.default_rng(1).normal(size=N)
    assert computed_from_two(inputs, Coded.of(pl.Series(noisy))) is None


def test_what_is_not_looked_for(columns):
    y = columns["casual"] + columns["registered"]
    few = coded(**{name: cells[:39] for name, cells in columns.items()})
    assert computed_from_two(few, Coded.of(pl.Series(y[:39]))) is None
    assert computed_from_two(coded(**columns), Coded.of([f"k{number}" for number in y])) is None
    many = coded(**{f"{i}": columns["noise"] for i in range(60)}, **columns)
    assert computed_from_two(many, Coded.of(pl.Series(y))) is None
