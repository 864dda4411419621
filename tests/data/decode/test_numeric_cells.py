import math

import numpy as np
import polars as pl
import pytest

from mmfusion.data.decode.numeric_cells import NotANumberError, not_numbers, to_number, to_numbers

CELLS = ["1", " 2.5 ", "-1e3", None, "٣", "+4"]
VALUES = [1.0, 2.5, -1000.0, math.nan, 3.0, 4.0]


@pytest.mark.parametrize("make", [pl.Series, list, lambda cells: np.array(cells, dtype=object)])
def test_a_column_is_read_as_its_cells_are(make):
    np.testing.assert_array_equal([to_number(cell) for cell in CELLS], VALUES)
    np.testing.assert_array_equal(to_numbers(make(CELLS)), VALUES)


@pytest.mark.parametrize(
    "cell", ["one", "1_000", "0x1f", "1,5", "", "inf", "-Infinity", "nan", " NaN ", True, math.inf, [1.0], b"1"]
)
def test_what_is_no_finite_number(cell):
    with pytest.raises(NotANumberError, match=r"expected a (finite )?number, found"):
        to_number(cell)
    with pytest.raises(NotANumberError):
        to_numbers([1.0, cell])


@pytest.mark.parametrize("column", [pl.Series(["1", "inf"]), pl.Series([1.0, math.inf]), np.array([1.0, math.inf])])
def test_infinity_is_refused_in_packed_columns_too(column):
    with pytest.raises(NotANumberError, match="finite"):
        to_numbers(column)


@pytest.mark.parametrize("dtype", [pl.Int8, pl.UInt64, pl.Float32, pl.Decimal(10, 2)])
def test_packed_numbers_keep_their_holes(dtype):
    np.testing.assert_array_equal(to_numbers(pl.Series([1, None, 3], dtype=dtype)), [1, np.nan, 3])


@pytest.mark.parametrize("make", [pl.Series, list])
def test_places_of_what_is_no_number(make):
    assert not_numbers(make(["1", "x", None, "2", "x", "inf", "nan"])) == [1, 4, 5, 6]
    assert not_numbers(make(["1", "2"])) == []


def test_places_in_columns_of_other_types():
    assert not_numbers(pl.Series([1.0, math.inf, None])) == [1]
    assert not_numbers(pl.Series([True, None])) == [0]
    assert not_numbers([1, "2", [3], True]) == [2, 3]


@pytest.mark.parametrize("cell", ["1e300", 1e39, -1e300])
def test_what_float32_does_not_hold_is_refused(cell):
    for column in ([1.0, cell], pl.Series(["1", str(cell)]), np.array([1.0, float(cell)])):
        with pytest.raises(NotANumberError, match=r"up to 3\.4e\+38"):
            to_numbers(column)
    assert not_numbers(["1", str(cell)]) == [1]


def test_what_may_mean_an_empty_cell_is_said():
    with pytest.raises(NotANumberError, match=r"found 'N/A'; if it means an empty cell, add 'N/A' to data\.empty"):
        to_number("N/A")
    with pytest.raises(NotANumberError, match=r"expected a number, found '7 kg'$"):
        to_number("7 kg")
