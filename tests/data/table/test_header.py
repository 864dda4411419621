from __future__ import annotations

import logging
import random

import polars as pl
import pytest

from mmfusion.data.errors import DataError
from mmfusion.data.sources.manifest import ManifestSource
from mmfusion.data.table.header import check_header, unnamed
from mmfusion.data.table.read import ReadOptions

RNG = random.Random(0)
WORDS = ["red", "green", "blue", "small", "big", "round", "square", "soft", "hard", "light", "dark", "old", "new"]
N = range(60)


def text(i: int) -> str:
    return " ".join(RNG.choices(WORDS, k=5)) + f" {i}"


ROWS = {
    "id": [f"r{i}" for i in N],
    "count": [str(i) for i in N],
    "label": [("cat", "dog", "owl")[i % 3] for i in N],
    "text": [text(i) for i in N],
    "x": [f"{RNG.gauss(5, 2):.3f}" for _ in N],
    "y": [f"{RNG.gauss(0, 1):.4f}" for _ in N],
    "comma": [f"{RNG.randint(1, 99)},{RNG.randint(0, 9)}" for _ in N],
    "path": [f"img/{i}.png" for i in N],
    "sign": [RNG.choice("+-") for _ in N],
    "pixel": [str(RNG.randint(0, 255)) for _ in N],
    "word": [RNG.choice(WORDS) for _ in N],
}


def check(header: list[str], columns: list[list[str]]) -> None:
    check_header(header, [pl.Series(column, dtype=pl.String) for column in columns], "a.csv")


@pytest.mark.parametrize(
    "columns",
    [
        ["count", "text", "x", "label"],
        ["x", "y", "label"],
        ["text", "label"],
        ["x", "y"],
        ["comma", "label"],
        ["path", "label"],
        ["pixel", "pixel", "x", "label"],
        ["id", "sign", "y"],
    ],
)
def test_a_first_row_is_no_header(columns):
    with pytest.raises(DataError, match=r"a\.csv, line 1: .* set data\.header=false .* set data\.header=true"):
        check([ROWS[name][7] for name in columns], [ROWS[name][:7] + ROWS[name][8:] for name in columns])


@pytest.mark.parametrize(
    ("header", "columns"),
    [
        (["id", "text", "label"], ["id", "text", "label"]),
        (["country", "label", "2019", "2020", "2021"], ["word", "label", "x", "y", "pixel"]),
        (["id", "text", "2019"], ["id", "text", "x"]),
        (["0", "1", "2", "3"], ["pixel", "pixel", "pixel", "pixel"]),
        (["label", "0", "1", "2"], ["label", "pixel", "pixel", "pixel"]),
        (["1100.5", "1103.25", "1104"], ["x", "y", "y"]),
        (["Sex", "Age"], ["sign", "x"]),
        (["", "text", "label"], ["count", "text", "label"]),
        (["red", "label"], ["word", "label"]),
        (["a", "b"], ["text", "text"]),
        (["图片", "标签"], ["path", "label"]),
    ],
)
def test_names_are_no_row(header, columns):
    check(header, [ROWS[name] for name in columns])


def test_a_name_that_one_value_equals_and_very_few_rows_are_no_reason():
    check(["text", "cat"], [ROWS["text"], ["cat", *ROWS["id"][1:]]])
    check(["a", "cat"], [["a b c", "b"], ["cat", "cat"]])


def write(tmp_path, content: str, name: str = "a.csv"):
    path = tmp_path / name
    path.write_text(content, encoding="utf-8", newline="")
    return path


HEADLESS = "".join(f"{i},{ROWS['text'][i]},{ROWS['x'][i]},{ROWS['label'][i]}\n" for i in N)


def test_what_the_refusal_advises_works(tmp_path):
    path = write(tmp_path, HEADLESS)
    with pytest.raises(DataError, match=r"in column 4 'cat' is there again below"):
        ReadOptions().read(path)
    columns, rows = ReadOptions(header=False).read(path)
    assert list(columns) == ["column_1", "column_2", "column_3", "column_4"]
    assert columns["column_4"].to_list() == ROWS["label"]
    assert list(rows) == list(range(1, 61))
    columns, _ = ReadOptions(header=True).read(path)
    assert list(columns) == ["0", ROWS["text"][0], ROWS["x"][0], "cat"]


def test_a_first_row_with_one_value_twice_is_told_from_names_given_twice(tmp_path):
    path = write(tmp_path, "".join(f"{i % 3},{i % 3},{i / 7:.2f}\n" for i in range(1, 40)))
    with pytest.raises(DataError, match=r"data\.header=false"):
        ReadOptions().read(path)
    assert list(ReadOptions(header=False).read(path)[0]) == ["column_1", "column_2", "column_3"]
    with pytest.raises(DataError, match="in the header more than once"):
        ReadOptions(header=True).read(path)


@pytest.mark.parametrize("content", [",text,\n0,x,\n1,y,\n", ",text\n0,x,\n1,y,\n", "\ufeff, text ,  \n0,x,\n1,y,\n"])
def test_columns_without_a_name_are_named_by_their_place(tmp_path, content):
    columns, _ = ReadOptions().read(write(tmp_path, content))
    assert list(columns) == ["column_1", "text", "column_3"]
    assert unnamed(columns) == ["column_1", "column_3"]
    assert columns["text"].to_list() == ["x", "y"]
    assert columns["column_3"].to_list() == [None, None]


def test_names_that_pandas_makes_up_are_none(tmp_path):
    assert unnamed(ReadOptions().read(write(tmp_path, "Unnamed: 0,a\n0,x\n"))[0]) == ["Unnamed: 0"]
    assert unnamed(ReadOptions().read(write(tmp_path, '{"": 1, "a": 2}\n', "a.jsonl"))[0]) == ["column_1"]
    pl.DataFrame({"a": [1], "__index_level_0__": [2], "": [3]}).write_parquet(tmp_path / "a.parquet")
    assert unnamed(ReadOptions().read(tmp_path / "a.parquet")[0]) == ["__index_level_0__", "column_3"]


def test_training_says_what_it_ignores_and_splits_whatever_the_index(tmp_path, caplog):
    split = {"column": None, "ratio": {"train": 0.5, "val": 0.25, "test": 0.25}}
    rows = [f"{i},{ROWS['text'][i]}" for i in N]
    path = write(tmp_path, "\n".join([",text", *rows]))
    with caplog.at_level(logging.WARNING):
        table = ManifestSource(str(path), split=split).read()
    assert "a.csv: column_1: no name in the file, so ignored unless the config names it so" in caplog.text
    path = write(tmp_path, "\n".join([",text", *(f"{60 - i},{ROWS['text'][i]}" for i in N)]))
    assert ManifestSource(str(path), split=split).read().splits == table.splits


def test_a_title_in_the_first_of_several_columns_is_no_header(tmp_path):
    (tmp_path / "a.csv").write_text("Report of May,,\n,,\nid,text,label\n" + "1,b,c\n" * 9)
    with pytest.raises(DataError, match=r"line 1: 'Report of May' is the only name above 3 columns; .* delete what"):
        ReadOptions().read(tmp_path / "a.csv")
    assert list(ReadOptions(header=True).read(tmp_path / "a.csv")[0]) == ["Report of May", "column_2", "column_3"]
    (tmp_path / "a.csv").write_text("id,,\n" + "1,,\n" * 9)  # delimiters at the lines' ends
    assert list(ReadOptions().read(tmp_path / "a.csv")[0]) == ["id", "column_2", "column_3"]
