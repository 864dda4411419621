import pytest

from mmfusion.data.errors import DataError
from mmfusion.data.table.delimited import read_delimited


def read(tmp_path, text, delimiter=",", quote='"'):
    path = tmp_path / "a.csv"
    path.write_text(text, encoding="utf-8", newline="")
    columns, rows = read_delimited(path, delimiter, quote)
    return {name: cells.to_list() for name, cells in columns.items()}, list(rows)


@pytest.mark.parametrize("rows", [0, 1, 2, 3, 4, 7])
def test_chunks_leave_no_trace(tmp_path, monkeypatch, rows):
    monkeypatch.setattr("mmfusion.data.table.delimited.CHUNK", 2)
    columns, numbers = read(tmp_path, "a,b\n" + "".join(f"{i},{i}x\n" for i in range(rows)))
    assert columns == {"a": [str(i) for i in range(rows)], "b": [f"{i}x" for i in range(rows)]}
    assert numbers == list(range(2, rows + 2))


def test_every_cell_is_a_string_nothing_is_empty_and_nothing_stripped(tmp_path):
    columns, _ = read(tmp_path, 'a,b\n, 1 \n"",NA\n')
    assert columns == {"a": ["", ""], "b": [" 1 ", "NA"]}


def test_a_row_begins_on_the_line_that_a_person_would_look_at(tmp_path):
    columns, rows = read(tmp_path, '\n\n a ,b \n"x\n\ny",1\n\nz,2\n')
    assert (list(columns), rows) == (["a", "b"], [4, 8])


def test_a_very_long_cell(tmp_path):
    columns, _ = read(tmp_path, "a,b\n" + "x" * 300_000 + ",1\n")
    assert len(columns["a"][0]) == 300_000


def test_one_column_of_texts_may_hold_commas_under_another_delimiter(tmp_path):
    assert read(tmp_path, "note\none, two\n", "\t")[0] == {"note": ["one, two"]}
    with pytest.raises(DataError, match=r"a\.csv: one column 'a,b' when split at '\\t'; set data\.delimiter=','"):
        read(tmp_path, "a,b\n1,2\n", "\t")


def test_a_quote_in_the_header_that_is_never_closed(tmp_path):
    with pytest.raises(DataError, match=r"a\.csv, line 3: "):
        read(tmp_path, 'a,"b\n1,2\n3,4\n')


UNQUOTED = 'text\tn\n"tis\t1\n"so" he said\t2\nan inch, 1"\t3\n'


def test_quotes_may_be_characters_like_any_other(tmp_path):
    columns, rows = read(tmp_path, UNQUOTED, "\t", quote=None)
    assert columns == {"text": ['"tis', '"so" he said', 'an inch, 1"'], "n": ["1", "2", "3"]}
    assert rows == [2, 3, 4]


@pytest.mark.parametrize("text", [UNQUOTED, 'text\tn\n"tis\t1\n', '"text\tn\n'])
def test_where_they_cannot_be_quotes_the_option_is_named(tmp_path, text):
    with pytest.raises(DataError, match=r"where quotes are characters .* set data\.quote=null"):
        read(tmp_path, text, "\t")


def test_another_quote(tmp_path):
    assert read(tmp_path, "a,b\n'x,y',\"z\n", quote="'")[0] == {"a": ["x,y"], "b": ['"z']}


@pytest.mark.parametrize("chunk", [1, 2, 100])
def test_a_blank_line_of_a_table_with_one_column_is_a_row_with_an_empty_cell(tmp_path, monkeypatch, chunk):
    monkeypatch.setattr("mmfusion.data.table.delimited.CHUNK", chunk)
    assert read(tmp_path, "text\none\n\n\nfour\n\nsix\n\n\n") == (
        {"text": ["one", "", "", "four", "", "six"]},
        [2, 3, 4, 5, 6, 7],
    )
    assert read(tmp_path, "a,b\n1,2\n\n3,4\n") == ({"a": ["1", "3"], "b": ["2", "4"]}, [2, 4])


@pytest.mark.parametrize("end", ["\n\n  \n", ",,\n,,\n", " ,,\n\n", ",\n"])
def test_rows_of_nothing_at_the_end_are_none(tmp_path, end):
    columns, rows = read(tmp_path, "a,b,c\n1,2,3\n,,\n4,5,6\n" + end)
    assert columns == {"a": ["1", "", "4"], "b": ["2", "", "5"], "c": ["3", "", "6"]}
    assert rows == [2, 3, 4]


@pytest.mark.parametrize("title", ["# exported", "Patients of 2023", "Report\n"])
def test_a_title_above_the_names_is_said_once(tmp_path, title):
    with pytest.raises(DataError, match=r"a\.csv: the header has 1 field and each row 3; .* delete what stands above"):
        read(tmp_path, f"{title}\nid,text,label\n" + "1,b,c\n" * 20)


def test_a_quote_that_a_backslash_does_not_escape(tmp_path):
    with pytest.raises(DataError, match="a quote inside of a quoted field is written twice"):
        read(tmp_path, 'a,b\n"x \\"y\\" z",1\n')


def test_utf_16_without_its_mark_is_said_by_line(tmp_path):
    (tmp_path / "a.csv").write_bytes("id,text\n1,red\n2,blue\n".encode("utf-16-le"))
    with pytest.raises(DataError, match=r"a\.csv, line 1: a NUL character, .*UTF-16.* save the file as UTF-8"):
        read_delimited(tmp_path / "a.csv", ",")


def test_two_lines_above_the_names_are_said_once(tmp_path):
    with pytest.raises(DataError, match=r"the header has 1 field and most rows 3; .* delete what stands above"):
        read(tmp_path, "# exported\n# by me\nid,text,label\n" + "1,b,c\n" * 20)


def test_a_field_too_many_is_told_of_quotes(tmp_path):
    with pytest.raises(DataError, match=r"line 2: .* found 3 \(a field that holds ',' stands between quotes\)"):
        read(tmp_path, "id,text\n1,red, cat\n2,dog\n")
    with pytest.raises(DataError, match=r"give every column a name .*; a field that holds ',' stands between quotes"):
        read(tmp_path, "text\nred, cat\ndog, owl\n")


def test_the_header_again_between_rows_is_refused(tmp_path):
    text = "id,label\n1,cat\n2,dog\n"
    with pytest.raises(DataError, match=r"a\.csv, line 4: 'id,label': the header again, .*; delete it"):
        read(tmp_path, text + text)
    with pytest.raises(DataError, match="2 problems"):
        read(tmp_path, text * 3)
    assert read(tmp_path, "word\nword\nother\n")[0] == {"word": ["word", "other"]}
