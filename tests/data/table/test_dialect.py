from __future__ import annotations

import pytest

from mmfusion.data.errors import DataError
from mmfusion.data.table.dialect import delimiter_line, first_lines, likeliest
from mmfusion.data.table.read import ReadOptions


@pytest.mark.parametrize(
    ("line", "delimiter"),
    [
        ("sep=;\r\n", ";"),
        ('"sep=;"\n', ";"),
        ("sep=\t\n", "\t"),
        ("sep=,", ","),
        ("SEP=;\n", ";"),
        ("sep=;;;;\n", ";"),
        ("sep;a\n", None),
        ("id;text\n", None),
        ("", None),
        ("sep=ab\n", None),
    ],
)
def test_the_line_by_which_excel_goes(line, delimiter):
    assert delimiter_line(line) == delimiter


def test_such_a_line_is_no_header_and_counts_as_a_line(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("\ufeffsep=;\r\nid;text\r\na;x, y\r\nb;z\r\n", encoding="utf-8", newline="")
    assert delimiter_line(*first_lines(path, 1)) == ";"
    columns, rows = ReadOptions().read(path)
    assert {name: cells.to_list() for name, cells in columns.items()} == {"id": ["a", "b"], "text": ["x, y", "z"]}
    assert list(rows) == [3, 4]
    with pytest.raises(DataError, match=r"a\.csv, line 1: says that ';' .* set data\.delimiter=null"):
        ReadOptions(delimiter=",").read(path)
    path.write_text("sep=;\nid;text\na\n")
    with pytest.raises(DataError, match=r"a\.csv, line 3: 'a': expected 2 fields"):
        ReadOptions().read(path)


@pytest.mark.parametrize(
    ("content", "delimiter"),
    [
        ("id,text\na,x;y\nb,z\n", ","),
        ("id;text\na;x, y\nb;z, u, v\n", ";"),
        ("id\ttext\na\tx, y\nb\tz\n", "\t"),
        ("id|text|n\na|x|1,5\nb|z|2,5\n", "|"),
        ("id;size (w, h);n\na;1;2,5\nb;3;4,5\n", ";"),
        ('"id";"a, b";"c"\n"1";"x, y";"2"\n"2";"z";"3"\n', ";"),
        ('id,tags,n\n1,"a;b",2\n2,"c;d",3\n', ","),
        ("text\none, two\n", ","),
        ("sep=|\nid|a;b\n", "|"),
        ("", ","),
    ],
)
def test_the_delimiter_is_what_splits_lines_alike(tmp_path, content, delimiter):
    path = tmp_path / "a.csv"
    path.write_text(content)
    assert likeliest(first_lines(path), ",") == delimiter
    assert likeliest(["a,b;c\n", "1,2;3\n"], ";") == ";"  # of two that fit, the usual one
