import numpy as np
import polars as pl
import pytest
import torch

from mmfusion.data.table.cells import Cells, factorise


def test_one_column_gives_cells_and_several_give_tuples():
    one, two = Cells([["a", None]]), Cells([["a", None, None], np.array([1.0, 2.0, np.nan])])
    assert one[0] == "a"
    assert list(one) == ["a", None]
    assert list(two) == [("a", 1.0), (None, 2.0), (None, None)]
    assert two.filled().tolist() == [True, True, False]
    assert list(two[:1]) == [("a", 1.0)]
    assert list(two.take([2, 0])) == [(None, None), ("a", 1.0)]


def test_a_list_of_nothing_is_an_empty_cell_of_a_modality():
    cells = Cells([[[1.0], [], None, ["a"]]])
    assert cells.filled().tolist() == [True, False, False, True]
    assert cells[1] is None


def test_lists_in_a_column_of_lists():
    assert Cells([pl.Series([[1.0, 2.0]])])[0] == [1.0, 2.0]


@pytest.mark.parametrize("make", [pl.Series, list])
def test_strings_are_unique_in_order_of_appearance(make):
    unique, index = factorise(make(["b", None, "a", "b"]))
    assert list(unique) == ["b", "a"]
    assert index.tolist() == [0, -1, 1, 0]


def test_values_of_different_types_are_different():
    unique, index = factorise([1, "1", 1.0, True, 1])
    assert index.tolist() == [0, 1, 2, 3, 0]
    assert [type(x) for x in unique] == [int, str, float, bool]


def test_arrays_are_shared_only_if_they_are_one_object():
    array = np.zeros(2)
    unique, index = factorise([array, None, array, np.zeros(2)])
    assert len(unique) == 2
    assert index.tolist() == [0, -1, 0, 1]


@pytest.mark.parametrize("column", [np.array([5.0, np.nan, 5.0]), torch.tensor([5.0, float("nan"), 5.0])])
def test_rows_of_arrays_are_their_own(column):
    unique, index = factorise(column)
    assert len(unique) == 2
    assert index.tolist() == [0, -1, 1]


def test_columns_of_lists():
    unique, index = factorise(pl.Series([[1], None, [1]]))
    assert [list(x) for x in unique] == [[1], [1]]
    assert index.tolist() == [0, -1, 1]


def test_everything_empty():
    unique, index = factorise(pl.Series([None, None], dtype=pl.String))
    assert len(unique) == 0
    assert index.tolist() == [-1, -1]
