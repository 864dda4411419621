from __future__ import annotations

import polars as pl
import pytest

from mmfusion.runs.inspect.columns.coded import counted


@pytest.mark.parametrize("name", ["count", "value", "", "len"])
def test_a_column_of_any_name_is_counted(name):
    frame = counted(pl.Series(name, ["b", "a", None, "b"]))
    assert frame.rows() == [("b", 2), ("a", 1)]
    assert frame.columns == ["value", "count"]
