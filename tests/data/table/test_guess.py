from dataclasses import replace

import pytest

from mmfusion.data.errors import DataError
from mmfusion.data.table.guess import guess_decimal, read_guessed
from mmfusion.data.table.read import ReadOptions


@pytest.fixture
def guessed(tmp_path):
    def guessed(content, name="rows.csv", usual=None, **given):
        (tmp_path / name).write_text(content)
        guess = read_guessed(tmp_path / name, usual or ReadOptions(), given)
        guess_decimal(guess, given)
        return guess

    return guessed


def cells(guess):
    return {name: column.to_list() for name, column in guess.columns.items()}


def test_a_file_that_is_as_usual_is_read_so_and_nothing_is_said(guessed):
    guess = guessed("id,x\na,1.5\nb,2\n")
    assert (guess.settings, guess.notes, guess.unreadable, guess.separator) == (ReadOptions(), [], {}, ",")
    assert cells(guess) == {"id": ["a", "b"], "x": ["1.5", "2"]}
    assert list(guess.rows) == [2, 3]


@pytest.mark.parametrize(
    ("content", "name", "delimiter", "note"),
    [
        ("id;x\na;1\nb;2\n", "rows.csv", ";", "fields are separated by semicolons"),
        ("id\tx\na\t1\nb\t2\n", "rows.csv", "\t", "fields are separated by tabs"),
        ("id|x\na|1\nb|2\n", "rows.csv", "|", "fields are separated by bars"),
        ("id,x\na,1\nb,2\n", "rows.tsv", ",", "fields are separated by commas"),
        ("sep=;\nid;x\na;1\nb;2\n", "rows.csv", None, "fields are separated by semicolons"),  # the file itself says it
        ("id\tx\na\t1\nb\t2\n", "rows.tsv", None, None),
    ],
)
def test_the_delimiter_is_what_the_file_shows(guessed, content, name, delimiter, note):
    guess = guessed(content, name)
    assert cells(guess) == {"id": ["a", "b"], "x": ["1", "2"]}
    assert guess.settings.delimiter == delimiter
    assert guess.notes == ([] if note is None else [note])


def test_what_is_given_is_not_guessed(guessed):
    with pytest.raises(DataError, match="one column 'id;x' when split at ','"):
        guessed("id;x\na;1\nb;2\n", delimiter=",")
    points = guessed("id;x\na;1,5\nb;2,5\n", decimal=".")
    assert (points.settings.decimal, points.notes) == (".", ["fields are separated by semicolons"])


def test_a_run_that_read_semicolons_says_so_only_of_another_file(guessed):
    usual = replace(ReadOptions(), delimiter=";")
    assert guessed("id;x\na;1\nb;2\n", usual=usual).notes == []
    other = guessed("id,x\na,1\nb,2\n", usual=usual)
    assert (other.notes, other.settings.delimiter) == (["fields are separated by commas"], None)


def test_tab_separated_text_with_single_quotes_is_read_without_quotes(guessed):
    content = 'id\ttext\na\t5" pipe\nb\t"so he said\nc\tx\n'
    guess = guessed(content, "rows.tsv")
    assert guess.settings.quote is None
    assert guess.notes == ["quotes are characters like any other"]
    assert cells(guess)["text"] == ['5" pipe', '"so he said', "x"]
    with pytest.raises(DataError, match=r"data\.quote=null"):
        guessed(content, "rows.tsv", quote='"')


@pytest.mark.parametrize(
    ("content", "decimal", "notes"),
    [
        ("id;x\na;1,5\nb;2,25\n", ",", ["numbers have a decimal comma (x: '1,5')"]),
        ("id;x\na;1.234,5\nb;2,25\n", ",", ["numbers have a decimal comma (x: '1.234,5')"]),
        ("id;x\na;1.5\nb;2.25\n", ".", []),
        (
            "id;x\na;1,234\nb;2,345\n",
            ",",
            ["numbers have a decimal comma (x: '1,234')"],
        ),  # the semicolon is there for it
        ("id;x\na;1\nb;2\n", ".", []),
    ],
)
def test_the_decimal_mark_is_what_the_numbers_show(guessed, content, decimal, notes):
    guess = guessed(content)
    assert guess.settings.decimal == decimal
    assert [note for note in guess.notes if "decimal" in note] == notes
    assert guess.unreadable == {}


def test_groups_of_three_digits_are_pointed_out_where_nothing_tells_what_their_point_means(guessed):
    rows = "".join(f"a{number};{number}.250\n" for number in range(1, 40))
    (_, note) = guessed("id;x\n" + rows).notes
    assert note.startswith("numbers like '1.250' in 'x' are read with a decimal point; if it separates thousands, set")
    assert len(guessed("id;x;y\n" + rows.replace("\n", ";1.5\n")).notes) == 1


@pytest.mark.parametrize(
    ("content", "given", "why"),
    [
        ('id,x\na,"1,234.5"\nb,"2,345.5"\n', {}, "numbers whose commas separate thousands; write them without"),
        ('id,x\na,"1,234"\nb,"2,345"\n', {}, "numbers whose comma may separate thousands; write them without, or set"),
        ("id;x\na;1.5\nb;2.5\n", {"decimal": ","}, "numbers with a decimal point in a table of decimal commas"),
        ("id;x;y\na;1.5;1,5\nb;2.5;2,5\n", {}, "numbers with a decimal point in a table of decimal commas"),
        (
            "id,x\n" + "".join(f"a{kg},{kg} kg\n" for kg in range(5, 40)),
            {},
            "numbers with other signs in their cells, such as '5 kg'; write the",
        ),
    ],
)
def test_numbers_that_are_read_neither_way_are_named_with_their_column(guessed, content, given, why):
    guess = guessed(content, **given)
    assert list(guess.unreadable) == ["x"]
    assert guess.unreadable["x"].startswith(why)


def test_a_few_numbers_with_points_are_no_thousands_unnoticed_for_a_run_with_decimal_commas(guessed):
    german = replace(ReadOptions(), decimal=",")
    (_, note) = guessed("id;x\na;1.234\nb;2.345\n", usual=german).notes
    assert note.startswith("numbers like '1.234' in 'x' are read without their point")
    assert note.endswith("if it is decimal, set data.decimal='.'")
    assert guessed("id;x\na;1.234\nb;2.345\n", usual=german, decimal=".").settings.decimal == "."
    assert guessed("id,x\na,1.234\nb,2.345\n", usual=german).settings.decimal == "."  # commas separate its fields
    assert guessed('id,x\na,"1,234"\nb,"2,345"\n', usual=german).settings.decimal == ","
