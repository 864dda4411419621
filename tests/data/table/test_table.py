from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch

from mmfusion.data.errors import DataError
from mmfusion.data.table.table import Table, filled

COLUMNS = {
    "list": ["a", None, "c"],
    "series": pl.Series(["a", None, "c"]),
    "floats": np.array([1.0, np.nan, 3.0]),
    "tensor": torch.arange(6).view(3, 2),
    "arrays": [np.zeros(2), None, np.ones(2)],
}


def table(**changes):
    given = {"columns": COLUMNS, "splits": ["train", "val", "train"], "ids": ["x", "y", "z"], "rows": [2, 3, 4]}
    return Table("rows.csv", root=Path(), **(given | changes))


def test_filled_of_every_type_of_column():
    for name in ("list", "series", "floats", "arrays"):
        assert filled(COLUMNS[name]).tolist() == [True, False, True], name
    assert filled(COLUMNS["tensor"]).tolist() == [True] * 3
    assert filled(pl.Series([1.0, float("nan"), None])).tolist() == [True, False, False]


def test_take_keeps_types_and_order():
    taken = table().take([2, 0])
    assert list(taken.ids) == ["z", "x"]
    assert list(taken.rows) == [4, 2]
    assert taken.columns["list"] == ["c", "a"]
    assert taken.columns["series"].to_list() == ["c", "a"]
    assert taken.columns["floats"].tolist() == [3.0, 1.0]
    assert taken.columns["tensor"].tolist() == [[4, 5], [0, 1]]
    assert taken.root == Path()


def test_unknown_column_names_the_nearest():
    with pytest.raises(DataError, match=r"rows\.csv has no column 'serie'; did you mean 'series'"):
        table().column("serie")


@pytest.mark.parametrize("changes", [{"splits": ["train"]}, {"rows": [1]}, {"columns": {"a": [1]}}])
def test_unequal_lengths_are_refused(changes):
    with pytest.raises(DataError, match="has 1 rows, the ids are 3"):
        table(**changes)
