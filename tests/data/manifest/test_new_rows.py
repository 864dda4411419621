from __future__ import annotations

import numpy as np
import pytest

from mmfusion.data.errors import DataError
from mmfusion.data.manifest.new_rows import read_rows, table_from_rows


def test_a_new_file_needs_no_labels_and_no_split(tmp_path):
    (tmp_path / "new.csv").write_text("name,image\na,1.png\nb,-\n")
    table = read_rows(tmp_path / "new.csv", {"id": "name", "empty": ["-"], "split": {"column": "split"}})
    assert list(table.ids) == ["a", "b"]
    assert list(table.splits) == ["predict", "predict"]
    assert list(table.columns["image"]) == ["1.png", None]
    assert table.root == tmp_path.resolve()


def test_ids_are_optional_in_a_new_file(tmp_path):
    (tmp_path / "new.jsonl").write_text('{"text": "x"}\n{"text": "y"}\n')
    assert list(read_rows(tmp_path / "new.jsonl", {"id": "name", "delimiter": ";"}).ids) == ["0", "1"]
    (tmp_path / "named.csv").write_text("id,text\n7,x\n")
    assert list(read_rows(tmp_path / "named.csv").ids) == ["7"]


def test_another_root(tmp_path):
    (tmp_path / "new.csv").write_text("image\n1.png\n")
    (tmp_path / "media").mkdir()
    assert read_rows(tmp_path / "new.csv", root=str(tmp_path / "media")).root == (tmp_path / "media").resolve()


def test_rows_from_python(tmp_path):
    image = np.zeros((2, 2))
    table = table_from_rows([{"id": "a", "image": image}, {"id": "b", "text": "hi", "image": ""}], root=str(tmp_path))
    assert table.columns["image"][0] is image
    assert list(table.columns["image"])[1] is None
    assert list(table.columns["text"]) == [None, "hi"]
    assert list(table.ids) == ["a", "b"]
    assert list(table_from_rows([{"text": "x"}]).ids) == ["0"]


def test_rows_from_python_that_are_none():
    with pytest.raises(DataError, match="expected at least one dictionary"):
        table_from_rows([])
    with pytest.raises(DataError, match=r"rows\[1\]: expected a dictionary of column to cell, found str"):
        table_from_rows([{"a": 1}, "b"])  # type: ignore[list-item]
    with pytest.raises(DataError, match="row 2, column 'id': 'a': an id of two rows"):
        table_from_rows([{"id": "a"}, {"id": "a"}])
