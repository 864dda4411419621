import polars as pl
import pytest

from mmfusion.data.errors import DataError
from mmfusion.data.table.jsonl import read_jsonl
from mmfusion.data.table.read import ReadOptions


def read(tmp_path, *lines, encoding="utf-8"):
    path = tmp_path / "a.jsonl"
    path.write_text("\n".join(lines), encoding=encoding)
    return read_jsonl(path)


@pytest.mark.parametrize(
    ("lines", "dtype"),
    [
        (('{"a": "x"}', '{"a": null}'), pl.String),
        (('{"a": 1}', "{}"), pl.Int64),
        (('{"a": 1}', '{"a": 2.5}'), pl.Float64),
        (('{"a": true}', '{"a": false}'), pl.Boolean),
        (('{"a": true}', '{"a": 1}'), pl.String),
        (('{"a": "1"}', '{"a": 1}'), pl.String),
    ],
)
def test_one_type_a_column(tmp_path, lines, dtype):
    columns, _ = read(tmp_path, *lines)
    assert columns["a"].dtype == dtype


def test_what_is_no_string_is_written_as_json_where_types_mix(tmp_path):
    columns, _ = read(tmp_path, '{"a": "x"}', '{"a": true}', '{"a": 1.50}', '{"a": null}')
    assert columns["a"].to_list() == ["x", "true", "1.5", None]


@pytest.mark.parametrize("chunk", [1, 2, 100])
def test_a_list_anywhere_makes_a_column_of_lists(tmp_path, monkeypatch, chunk):
    monkeypatch.setattr("mmfusion.data.table.jsonl.CHUNK", chunk)
    columns, _ = read(tmp_path, '{"a": "x"}', '{"b": 1}', '{"a": ["y"]}', '{"a": []}')
    assert columns["a"] == ["x", None, ["y"], []]


def test_columns_stand_in_the_order_of_their_first_sight(tmp_path, monkeypatch):
    monkeypatch.setattr("mmfusion.data.table.jsonl.CHUNK", 1)
    columns, rows = read(tmp_path, '{"b": 1, "a": 2}', "", '{"c": 3, "a": 4}', encoding="utf-8-sig")
    assert list(columns) == ["b", "a", "c"]
    assert [list(cells) for cells in columns.values()] == [[1, None], [2, 4], [None, 3]]
    assert list(rows) == [1, 3]


def test_every_bad_line_is_counted(tmp_path):
    lines = ['{"a": 1}', '{"a": {"b": 1}, "c": {}}', "[1]", '{"a": ', '"x"', '{"a": 2}']
    with pytest.raises(DataError, match="5 problems") as error:
        read(tmp_path, *lines)
    message = str(error.value)
    assert "a.jsonl, line 2, column 'c': {}: an object inside a cell" in message
    assert "a.jsonl, line 4: '{\"a\": ': not JSON: Expecting value at position 7" in message


def test_a_key_that_is_there_twice_is_refused_with_its_line(tmp_path):
    with pytest.raises(DataError, match=r"a\.jsonl, line 2: .*: 'a' is there more than once; give each cell one value"):
        read(tmp_path, '{"a": 1, "b": 2}', '{"a": 1, "b": 2, "a": 3}')


def read_json_text(tmp_path, text):
    path = tmp_path / "a.json"
    path.write_text(text, encoding="utf-8")
    columns, rows = ReadOptions().read(path)
    return {name: list(cells) for name, cells in columns.items()}, list(rows)


def test_a_json_list_of_objects_is_a_table(tmp_path):
    text = '[{"id": "007", "n": 1},\n {"id": "8", "tags": ["x"]}]'
    assert read_json_text(tmp_path, text) == ({"id": ["007", "8"], "n": [1, None], "tags": [None, ["x"]]}, [1, 2])


def test_one_object_a_line_under_that_suffix_is_too(tmp_path):
    assert read_json_text(tmp_path, '{"a": 1}\n\n{"a": 2}\n') == ({"a": [1, 2]}, [1, 3])
    assert read_json_text(tmp_path, '{\n"a": 1}\n') == ({"a": [1]}, [1])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a": {"0": 1}, "b": {}}', r"a\.json: .*one object of columns \(a, b\).*to_json\(path, orient='records'\)"),
        ("[1, 2]", r"a\.json, row 1: 1: expected one object"),
        ('"text"', r"a\.json: expected a list of objects, one a row, found 'text'"),
        ('[{"a": 1}', r"a\.json, line 1, column 10: not JSON"),
        ("[]", r"a\.json: the file holds no row"),
        ('[{"a": {"b": 1}}]', r"a\.json, row 1, column 'a': .*an object inside a cell"),
        ("[" * 100_000, r"a\.json: not JSON that can be read"),
        ("1" * 5000, r"a\.json: not JSON that can be read: Exceeds the limit"),
    ],
)
def test_json_that_is_no_table(tmp_path, text, message):
    with pytest.raises(DataError, match=message):
        read_json_text(tmp_path, text)


def test_a_list_of_objects_in_lines_is_told_of_the_other_format(tmp_path):
    (tmp_path / "a.jsonl").write_text('[{"id": 1}, {"id": 2}]')
    with pytest.raises(DataError, match=r"expected one object a line, .*; of a list of them, set data\.format=json"):
        read_jsonl(tmp_path / "a.jsonl")
