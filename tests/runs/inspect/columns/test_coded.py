from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from mmfusion.runs.inspect.columns.coded import MOST_ROWS, Coded, numeric, sample


@pytest.mark.parametrize(
    ("cells", "numbers"),
    [
        (["1", "-2.5e3", "007", "0.5", "0", "inf", "nan", "x", None], [1, -2500, None, 0.5, 0, None, None, None, None]),
        ([True, False], [None, None]),
        ([1.5, float("inf")], [1.5, None]),
    ],
)
def test_what_is_a_number(cells, numbers):
    assert numeric(pl.Series(cells)).to_list() == numbers


def test_a_column_of_numbers_has_three_at_least_and_no_other_cell():
    column = Coded.of(pl.Series(["2", None, "10", "2.0", "3"]))
    assert column.codes.tolist() == [1, -1, 0, 2, 3]  # the values are texts
    assert np.nan_to_num(column.numbers, nan=-1).tolist() == [2, -1, 10, 2, 3]
    assert column.holes.codes.tolist() == [1, 0, 1, 1, 1]
    assert Coded.of(["2", "10", "2"]).numbers is None
    assert Coded.of(["2", "10", "3", "x"]).numbers is None
    assert Coded.of(["a"]).holes is None


def test_a_long_table_is_sampled():
    assert sample(MOST_ROWS) is None
    rows = sample(10 * MOST_ROWS)
    assert len(np.unique(rows)) == MOST_ROWS
    assert Coded.of(pl.Series(range(10 * MOST_ROWS)), rows).levels == MOST_ROWS
