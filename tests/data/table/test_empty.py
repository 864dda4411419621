from __future__ import annotations

import pytest

from mmfusion.data.errors import DataError
from mmfusion.data.sources.manifest import ManifestSource
from mmfusion.data.table.new_rows import table_from_rows
from mmfusion.data.table.read import ReadOptions

OPTIONS = {"empty": ["", "NA", "-"], "not_empty": {"country": ["NA"]}}
SPLIT = {"column": None, "ratio": {"train": 1.0}}


def test_a_column_may_have_values_that_are_empty_cells_elsewhere(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("country,age,x\nNA,NA,-\nDE,3,\n")
    columns, _ = ReadOptions(**OPTIONS).read(path)
    assert {name: cells.to_list() for name, cells in columns.items()} == {
        "country": ["NA", "DE"],
        "age": [None, "3"],
        "x": [None, None],
    }
    table = table_from_rows([{"country": "NA", "age": "NA"}], OPTIONS)
    assert (table.columns["country"][0], table.columns["age"][0]) == ("NA", None)


def test_values_of_a_column_that_is_not_there(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("country\nNA\n")
    with pytest.raises(DataError, match=r"data\.not_empty: a\.csv has no column 'contry'; did you mean 'country'\?"):
        ManifestSource(str(path), split=SPLIT, not_empty={"contry": ["NA"]}).read()
