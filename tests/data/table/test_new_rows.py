from __future__ import annotations

import numpy as np
import pytest

from mmfusion.data.errors import DataError
from mmfusion.data.table.new_rows import read_rows, table_from_rows


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
    with pytest.raises(DataError, match=r"row 2, column 'id': 'a': an id of two rows.*leave 'id' out to have the rows"):
        table_from_rows([{"id": "a"}, {"id": "a"}])


def test_a_run_without_ids_numbers_new_rows_whatever_their_columns(tmp_path):
    (tmp_path / "new.csv").write_text("id,text\n7,x\n7,y\n")
    assert list(read_rows(tmp_path / "new.csv", {"id": None}).ids) == ["0", "1"]
    assert list(table_from_rows([{"id": "7"}, {"id": "7"}], {"id": None}).ids) == ["0", "1"]
    with pytest.raises(DataError, match=r"'7': an id of two rows.*leave 'id' out to have the rows numbered"):
        read_rows(tmp_path / "new.csv", {"rows": {"train": 3}})  # a source without such an option


def test_rows_from_python_have_the_ids_and_empty_cells_of_the_run():
    run = {"id": "study", "empty": ["-", "?"], "strip": True}
    table = table_from_rows([{"study": " a ", "id": "x", "text": " ? "}, {"study": "b", "id": "x", "text": ""}], run)
    assert list(table.ids) == ["a", "b"]
    assert list(table.columns["text"]) == [None, ""]
    kept = table_from_rows([{"text": " - "}, {"text": "-"}], run | {"strip": False})
    assert list(kept.columns["text"]) == [" - ", None]


def test_quotes_are_what_they_were_to_the_run(tmp_path):
    (tmp_path / "new.tsv").write_text('text\n"tis\n')
    assert list(read_rows(tmp_path / "new.tsv", {"path": "rows.tsv", "quote": None}).columns["text"]) == ['"tis']
    with pytest.raises(DataError, match="a quote is opened and never closed"):
        read_rows(tmp_path / "new.tsv", {"path": "rows.tsv", "quote": '"'})


@pytest.mark.parametrize(
    ("name", "text", "run"),
    [
        ("new.txt", "a;b\n1;2\n", {"path": "rows.txt", "format": "csv", "delimiter": ";"}),
        ("new.data", "a;b\n1;2\n", {"path": "rows.csv", "format": "csv", "delimiter": ";"}),
        ("new.csv", "a\tb\n1\t2\n", {"path": "rows.csv", "format": "tsv", "delimiter": None}),
        ("new.csv", "a;b\n1;2\n", {"path": "rows.csv", "format": None, "delimiter": ";"}),
        ("new.tsv", "a\tb\n1\t2\n", {"path": "rows.csv", "format": None, "delimiter": ";"}),
        ("new.jsonl", '{"a": "1", "b": "2"}\n', {"path": "rows.txt", "format": "csv", "delimiter": ";"}),
        ("new.tsv", "a|b\n1|2\n", {"path": "rows.tab", "format": None, "delimiter": "|"}),
        ("new.tsv", "a\tb\n'1'\t2\n", {"path": "rows.tab", "quote": "'"}),
        ("new.csv", 'a,b\n"1",2\n', {"path": "rows.tsv", "quote": None}),
    ],
)
def test_the_format_of_the_run_holds_for_files_like_its_own(tmp_path, name, text, run):
    (tmp_path / name).write_text(text)
    table = read_rows(tmp_path / name, run)
    assert {column: list(cells) for column, cells in table.columns.items()} == {"a": ["1"], "b": ["2"]}
