from __future__ import annotations

import random

import polars as pl
import pytest

from mmfusion.data.table.decimals import beside_numbers, groups_of_three, spelling, to_points


@pytest.mark.parametrize(
    ("cell", "point"),
    [
        ("3,5", "3.5"),
        ("-0,25", "-0.25"),
        (",5", ".5"),
        ("1,5e3", "1.5e3"),
        ("1.234,5", "1234.5"),
        ("1.234.567", "1234567"),
        ("1.234", "1234"),
        ("1'234,5", "1234.5"),
        ("1 234,5", "1234.5"),
        ("1\u00a0234\u00a0567,25", "1234567.25"),
        ("1\u202f234,5", "1234.5"),
        (" 7 ", "7"),
        ("+12", "+12"),
    ],
)
def test_numbers_with_a_decimal_comma(cell, point):
    assert to_points(pl.Series([cell])).to_list() == [point]
    assert float(point) == float(to_points(pl.Series([cell]))[0])


@pytest.mark.parametrize(
    "cell",
    [
        *("12.05.2024", "1.2.3", "1,2;3", "1,2,3", "cat,dog", "a1,5", "1.5", "0.443", "1.23,4", "12.34.567", "3,5 kg"),
        *("", "1,234.5", "0.123,4", "192.168.10.12", "3,", "--3,5", "1.234'567,0"),
    ],
)
def test_other_cells_stay_as_they_are(cell):
    assert to_points(pl.Series([cell, None])).to_list() == [cell, None]


def cells(*values):
    return pl.Series(list(values))


RNG = random.Random(3)
LISTS = [f"{a},{b}" for a, b in (sorted(RNG.sample(range(1, 12), 2)) for _ in range(60))]
UNSORTED = [f"{a},{b}" for a, b in (RNG.sample(range(1, 9), 2) for _ in range(90))]
DIGITS = [f"{RNG.randint(0, 9)},{RNG.randint(0, 9)}" for _ in range(200)]
WEIGHTS = [f"{RNG.randint(1, 99)},{RNG.randint(0, 9)}" for _ in range(200)]


@pytest.mark.parametrize(
    ("column", "result"),
    [
        (cells("3,5", "4", "-0,25"), ","),
        (cells(*(f"1,{RNG.randint(50, 99)}" for _ in range(90))), ","),  # heights: the left is always less
        (cells(*("2,5", "3,5", "1,5", "4") * 30), ","),
        (cells("1.234,5", "7", "12.000"), ","),
        (cells("1,3", "1,7", "2,0", "2,3"), ","),
        (pl.Series(DIGITS), ","),
        (pl.Series(WEIGHTS), ","),
        (pl.Series([*WEIGHTS, "unknown"]), ","),
        (cells("0,443", "1,234"), ","),
        (cells("1,234", "12,500", "999"), "thousands"),
        (cells("1,234.50", "999.00"), "english"),
        (cells("1,234", "12,500", "0.5"), "english"),
        (cells("1.5", "2"), "."),
        (cells("48.137", "1"), None),
        (cells("1.234", "12.500"), None),
        (cells("3", "4"), None),
        (cells("1,2,3", "1,2"), None),
        (cells("cat,dog", "dog"), None),
        (pl.Series(LISTS), None),
        (pl.Series(UNSORTED), None),
        (cells("12.05.2024", "13.05.2024"), None),
        (cells("007,5", "3,5", "012,5"), None),
        (pl.Series([None, ""], dtype=pl.String), None),
    ],
)
def test_how_a_column_writes_its_numbers(column, result):
    assert spelling(column) == result


@pytest.mark.parametrize(
    ("write", "example"),
    [
        ("{} kg", "10 kg"),
        ("{}%", "10%"),
        ("$ {}.50", "$ 10.50"),
        ("−{}", "−10"),
        ("<{}", "<10"),
        ("1'2{}.25", "1'210.25"),
        ("1,{},432", "1,10,432"),
        ("{}", None),
        ("{},5", None),
        ("{}.5e-3", None),
        ("item {}", None),
        ("{}.05.2024", None),
        ("{}-20", None),
        ("{},7", None),
    ],
)
def test_numbers_with_something_beside_them(write, example):
    assert beside_numbers(cells(*(write.format(number) for number in range(10, 40)))) == example


def test_what_is_beside_numbers_is_one_unit_in_nearly_every_cell():
    assert beside_numbers(cells(*(f"{number} {unit}" for number in range(30) for unit in ("cm", "kg")))) is None
    assert beside_numbers(cells(*("a word" if i % 4 == 0 else f"{i} kg" for i in range(40)))) is None
    assert beside_numbers(cells(*("1 star", "2 star") * 30)) is None  # classes


def test_points_that_may_separate_thousands():
    assert groups_of_three(cells(*(f"{number}.250" for number in range(1, 40)), "7")) == "1.250"
    assert groups_of_three(cells(*(f"{number}.250" for number in range(40)))) is None  # 0.250 is a fraction
    assert groups_of_three(cells(*(f"{number}.25" for number in range(1, 40)))) is None
    assert groups_of_three(cells("a", *(f"{number}.250" for number in range(1, 40)))) is None
