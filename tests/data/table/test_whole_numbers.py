import numpy as np
import polars as pl
import pytest

from mmfusion.data.table.whole_numbers import rounded


@pytest.mark.parametrize(
    "cells", [["9007199254740993", "1", None], [9007199254740993, 1, None], ["-9007199254740993.0", "2.5", "x"]]
)
def test_whole_numbers_that_become_others_are_named(cells):
    warning = rounded(pl.Series(cells))
    assert "1 whole numbers such as " in warning
    assert "9007199254740993 are beyond 2^53 and are rounded, to " in warning


@pytest.mark.parametrize(
    "cells",
    [
        pl.Series(["9007199254740992", "20230000171", "1e300", "0.1234567890123456789"]),
        pl.Series([2**60, -(2**62)]),  # which float64 holds
        pl.Series([0.5, 1e300]),
        [[1, 2]],
        np.zeros((2, 3)),
    ],
)
def test_others_are_not(cells):
    assert rounded(cells) is None
