import numpy as np
import polars as pl
import pytest

from mmfusion.runs.inspect.columns.profile import profile


def of(cells, dtype=pl.String):
    return profile("x", pl.Series(cells, dtype=dtype))


def test_counts():
    stats = of(["b", None, "a", "b"])
    assert (stats.rows, stats.filled, stats.distinct, stats.once) == (4, 3, 2, 1)
    assert stats.examples[0] == "b"
    assert not stats.names_rows
    assert of(list("abcd")).names_rows
    assert not of(list("abc")).names_rows  # a handful of rows tells nothing


def test_a_stray_cell_in_a_thousand_leaves_a_column_of_numbers():
    assert of([str(i) for i in range(1999)] + ["?"]).is_number
    assert not of([str(i) for i in range(199)] + ["?"]).is_number
    assert not of(["001", "002"]).is_number


@pytest.mark.parametrize(
    ("cells", "category"),
    [
        (["a", "b"] * 10, True),
        (["a"] * 20, False),  # one value is no class
        ([f"v{i}" for i in range(20)] * 2, False),  # two rows a value are few
        ([f"v{i}" for i in range(20)] * 3, True),
        (["a"] * 60 + [f"once{i}" for i in range(10)], False),  # most values occur once
        ([str(i % 5) for i in range(40)], True),
        ([str(i % 5 + 0.5) for i in range(40)], False),  # numbers with a fraction
        ([str(i % 21) for i in range(100)], False),  # too many numbers to be classes
    ],
)
def test_what_is_a_category(cells, category):
    assert of(cells).is_category is category


def test_texts_have_several_words_and_are_rarely_twice_the_same():
    assert of([f"word number {i}" for i in range(30)]).is_text
    assert not of([f"word{i}" for i in range(30)]).is_text
    assert not of(["yes please", "no thanks"] * 30).is_text
    assert of(["one and the same long sentence here", "and another one of as many words"] * 30).is_text


def test_lists():
    stats = profile("x", [np.zeros(3), np.ones(3), None, []])
    assert (stats.lists, stats.numbers, stats.list_length, stats.filled) == (True, 1.0, 3, 3)
    mixed = profile("x", [["a"], ["a", "b"], "c"])
    assert (mixed.numbers, mixed.list_length, mixed.distinct) == (0.0, None, 3)
    assert (mixed.is_text, mixed.is_category, mixed.is_number) == (False, False, False)


def test_a_column_without_a_filled_cell():
    stats = of([None, None])
    assert (stats.filled, stats.distinct, stats.numbers, stats.words) == (0, 0, 0.0, 0.0)
    assert profile("x", [None]).filled == 0
