from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from mmfusion.data.errors import DataError
from mmfusion.data.table.read import OPTIONS, ReadOptions


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding, "surrogateescape"))
    return path


def cells(path: Path, **options) -> dict[str, list]:
    return {name: list(column) for name, column in ReadOptions(**options).read(path)[0].items()}


def test_csv_keeps_every_string_as_it_stands(tmp_path):
    path = write(tmp_path / "a.csv", "id,code,price\n007,1e3,1.50\n008,TRUE,-0\n")
    assert cells(path) == {"id": ["007", "008"], "code": ["1e3", "TRUE"], "price": ["1.50", "-0"]}


def test_csv_quotes_newlines_bom_crlf_and_blank_lines(tmp_path):
    path = write(tmp_path / "a.csv", '\ufeffid, text\r\na,"one, ""two""\r\nthree"\r\n\r\nb, x \r\n')
    columns, rows = ReadOptions().read(path)
    assert {name: list(column) for name, column in columns.items()} == {
        "id": ["a", "b"],
        "text": ['one, "two"\r\nthree', "x"],
    }
    assert list(rows) == [2, 5]


def test_empty_strings_and_strip(tmp_path):
    path = write(tmp_path / "a.csv", 'a,b\nNA, \nnan,-\n"",x y\nNaN,na\n')
    assert cells(path) == {"a": [None, None, None, None], "b": [None, "-", "x y", "na"]}
    assert cells(path, empty=["-"], strip=False) == {"a": ["NA", "nan", "", "NaN"], "b": [" ", None, "x y", "na"]}


def test_tsv_other_delimiters_and_format_override(tmp_path):
    assert cells(write(tmp_path / "a.tsv", "a\tb\n1,5\t2\n")) == {"a": ["1,5"], "b": ["2"]}
    assert cells(write(tmp_path / "a.csv", "a;b\n1,5;2\n"), delimiter=";") == {"a": ["1,5"], "b": ["2"]}
    assert cells(write(tmp_path / "a.txt", "a,b\n1,2\n"), format="csv") == {"a": ["1"], "b": ["2"]}


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("short.csv", "a,b\n1,2\n3\n", r"short.csv, line 3: '3': expected 2 fields as in the header, found 1"),
        ("long.csv", 'a,b\n"x\ny",2\n3,4,5\n', r"long.csv, line 4: '3,4,5': expected 2 fields .* found 3"),
        ("quote.csv", 'a,b\n1,2\n3,"4\n5,6\n', r"quote.csv, line 3: a quote is opened and never closed"),
        ("stray.csv", 'a,b\n"x"y,2\n', r"stray.csv, line 2: ',' expected after '\"'"),
        ("empty.csv", "", r"empty.csv: the file is empty"),
        ("header.csv", "a,b\n", r"header.csv: the file has columns but no row"),
        (
            "what.xlsx",
            "a\n",
            r"what.xlsx: cannot tell the format from the suffix '.xlsx': sheets .* export the table as CSV",
        ),
        ("a.csv", "PK\x03\x04\udcff", r"a.csv: an archive, as Excel's files are; export"),
        ("a.csv", "\udcff\udcfea\0", r"a.csv: not UTF-8 but UTF-16"),
    ],
)
def test_malformed_files_name_file_and_line(tmp_path, name, text, message):
    with pytest.raises(DataError, match=message):
        ReadOptions().read(write(tmp_path / name, text))


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl"])
def test_another_encoding_names_the_line(tmp_path, name):
    lines = ['{"a": "x"}'] * 5000 + ['{"a": "é"}'] if name.endswith("l") else ["a"] + ["x"] * 4999 + ["é"]
    with pytest.raises(DataError, match=rf"{name}, line 5001|{name}, line 5001: not UTF-8 \(byte 0xe9"):
        ReadOptions().read(write(tmp_path / name, "\n".join(lines), "latin-1"))


def test_a_missing_file_names_its_neighbour(tmp_path):
    write(tmp_path / "manifest.csv", "a\n1\n")
    with pytest.raises(DataError, match=r"there is no file .*manifst.csv; did you mean .*manifest.csv"):
        ReadOptions().read(tmp_path / "manifst.csv")
    with pytest.raises(DataError, match="there is no folder"):
        ReadOptions().read(tmp_path / "nowhere" / "a.csv")


def test_unknown_options(tmp_path):
    path = write(tmp_path / "a.csv", "a\n1\n")
    with pytest.raises(DataError, match=r"data.format: expected csv, tsv, jsonl, json or parquet, found 'xml'"):
        ReadOptions(format="xml").read(path)
    with pytest.raises(DataError, match=r"data.delimiter: expected one sign, found ', '; between quotes"):
        ReadOptions(delimiter=", ").read(path)
    with pytest.raises(DataError, match=r"found 't'; .* a tab is data.delimiter=tab"):  # a shell's reading of \t
        ReadOptions(delimiter="t").read(path)
    with pytest.raises(DataError, match=r"data.quote: expected one sign, found ''"):
        ReadOptions(quote="").read(path)


def test_lists_of_numbers_are_arrays(tmp_path):
    path = write(tmp_path / "a.jsonl", '{"f": [1, 2.5], "g": [[1, 2], [3]]}\n{"f": [3, 4]}\n')
    result = cells(path)
    np.testing.assert_array_equal(result["f"][0], [1, 2.5])
    assert result["f"][1].shape == (2,)
    assert result["g"] == [[[1, 2], [3]], None]


def test_empty_strings_among_lists_are_empty_cells_and_lists_of_nothing_are_not(tmp_path):
    path = write(tmp_path / "a.jsonl", '{"a": ["x"]}\n{"a": []}\n{"a": ""}\n{"a": " NA "}\n{"a": null}\n{"a": " y "}\n')
    assert cells(path) == {"a": [["x"], [], None, None, None, "y"]}
    assert cells(path, empty=["-"], strip=False) == {"a": [["x"], [], "", " NA ", None, " y "]}


@pytest.mark.parametrize("suffix", ["jsonl", "parquet"])
def test_texts_in_lists_are_stripped_and_empty_ones_left_out(tmp_path, suffix):
    lists = [[" a ", "NA", "b"], ["", " nan"], [], None, ["-"]]
    path = tmp_path / f"a.{suffix}"
    if suffix == "jsonl":
        path.write_text("".join(json.dumps({"tags": cell}) + "\n" for cell in lists))
    else:
        pl.DataFrame({"tags": lists}).write_parquet(path)
    assert cells(path) == {"tags": [["a", "b"], None, [], None, ["-"]]}
    assert cells(path, empty=["-"], strip=False) == {"tags": [[" a ", "NA", "b"], ["", " nan"], [], None, None]}


def test_a_configs_options_are_taken_and_what_it_lacks_is_as_usual():
    data = {"_target_": "x", "path": "rows.csv", "delimiter": ";", "decimal": ",", "empty": ["?"], "split": {}}
    assert ReadOptions.of(data) == ReadOptions(delimiter=";", decimal=",", empty=["?"])
    assert ReadOptions.of({}) == ReadOptions()
    assert set(OPTIONS) == {"format", "delimiter", "quote", "header", "decimal", "empty", "strip", "not_empty"}


def test_a_table_is_read_as_they_say(tmp_path):
    path = tmp_path / "rows.txt"
    path.write_text("'a|b'| NA\nx|?\n")
    options = {"format": "csv", "delimiter": "|", "quote": "'", "header": False, "empty": ["?", "NA"], "strip": True}
    columns, rows = ReadOptions.of(options | {"not_empty": {"column_2": ["NA"]}}).read(path)
    assert {name: cells.to_list() for name, cells in columns.items()} == {
        "column_1": ["a|b", "x"],
        "column_2": ["NA", None],
    }
    assert list(rows) == [1, 2]
    columns, _ = ReadOptions.of(options | {"strip": False}).read(path)
    assert columns["column_2"].to_list() == [" NA", None]
