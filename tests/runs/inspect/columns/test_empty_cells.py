from __future__ import annotations

import polars as pl
import pytest

from mmfusion.data.table.empty import EMPTY, looks_missing
from mmfusion.runs.inspect.columns.empty_cells import guess_empty

N = range(60)
SPELLINGS = ["N/A", "n/a", "NA", "na", "null", "NULL", "None", "<NA>", "#N/A", "NaN", "nan", "-", "--", "?", ".", "nil"]
SPELLINGS += ["#NV", "\\N", "NaT", "(null)", "n.a."]


def column(values, spelling, every=6):
    return pl.Series([spelling if i % every == 0 else values[i % len(values)] for i in N], dtype=pl.String)


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize(
    "values",
    [
        ["cat", "dog", "owl"],
        ["3", "4.5", "-2"],
        ["3,5", "1.234,5"],
        ["a;b", "b", "a;c"],
        ["img/1.png", "img/2.png"],
        ["2024-05-12", "2023-01-01"],
    ],
    ids=["classes", "numbers", "commas", "lists", "paths", "dates"],
)
def test_the_usual_spellings(values, spelling):
    missing = guess_empty({"x": column(values, spelling)})
    assert missing.taken == {"x": {spelling: 10}}
    assert spelling in missing.empty
    assert not missing.kept


@pytest.mark.parametrize(
    ("values", "spelling"),
    [
        (["de", "fr", "it"], "na"),
        (["DE", "FR", "ZA"], "NA"),
        (["cat", "dog"], "none"),
        (["cat", "dog"], "unknown"),
        (["Katze", "Hund"], "keine Angabe"),
        (["gato", "perro"], "sin dato"),
        (["猫", "犬"], "不明"),
        (["mild", "severe"], "None"),
        (["+", "++"], "-"),
        (["!", "hello"], "?"),
    ],
)
def test_what_may_well_be_a_value_is_kept_and_said(values, spelling):
    missing = guess_empty({"x": column(values, spelling)})
    assert missing.taken == {}
    assert missing.kept == {"x": {spelling: 10}}
    assert f"kept as values: {spelling!r} (10 cells) in 'x'" in missing.sentences()[0]


def test_what_stands_around_a_spelling_decides():
    texts = [f"some words about {i}" for i in N]
    assert guess_empty({"x": column(["3", "4"], "unknown")}).taken == {"x": {"unknown": 10}}
    assert guess_empty({"x": column(texts, "?")}).taken == {}
    assert guess_empty({"x": column(texts, "N/A")}).taken == {"x": {"N/A": 10}}
    assert guess_empty({"x": column(["K", "Cl", "Fe"], "Na")}).kept == {"x": {"Na": 10}}  # sodium
    assert guess_empty({"x": column(["m", "f"], "NA")}).taken == {"x": {"NA": 10}}
    assert guess_empty({"x": pl.Series(["-", "-"])}).taken == {"x": {"-": 2}}


def test_nothing_found_is_nothing_written():
    columns = {"a": pl.Series(["x", None]), "b": pl.Series([1, 2]), "c": [["N/A"], []], "d": column(["x"], "NA")}
    assert guess_empty(columns).empty is EMPTY
    assert guess_empty({"a": pl.Series(["x", "y"])}).sentences() == []


def test_what_a_class_may_look_like():
    assert all(looks_missing(text) for text in [*SPELLINGS, "none", "Missing", " ? "])
    assert not any(looks_missing(text) for text in ["cat", "no", "0", "national", "naan"])


@pytest.mark.parametrize("words", [["n.d."], ["entfällt", "k.A."], ["未知", "无"]])
def test_words_that_recur_among_measurements_are_empty(words):
    cells = [words[i % len(words)] if i % 7 == 0 else f"{i},5" for i in range(140)]
    missing = guess_empty({"x": pl.Series(cells), "y": pl.Series([words[0], "other"] * 70)})
    assert set(missing.taken["x"]) == set(words)
    assert missing.kept == {"y": {words[0]: 70}}  # a value there, and stays one
    assert missing.not_empty == {"y": [words[0]]}


@pytest.mark.parametrize(
    "cells", [[*map(str, N), *more] for more in ("x", ["inf"] * 2, "abcdef" * 2)] + [["K", "1", "2"] * 40]
)
def test_a_slip_or_a_level_among_numbers_is_not_empty(cells):
    assert not guess_empty({"x": pl.Series(cells)}).taken


def test_what_is_kept_says_how():
    countries, ages = ["DE", "NA"] * 30, ["N/A" if i % 5 == 0 else str(i) for i in N]
    missing = guess_empty({"country": pl.Series(countries), "age": pl.Series(ages)})
    assert "take it out of data.not_empty.country" in missing.sentences()[1]
    assert "add it to data.empty" in guess_empty({"x": column(["+", "++"], "-")}).sentences()[0]


@pytest.mark.parametrize("code", ["-999", "9999", "-99.0", "-1", "88888"])
def test_a_code_far_from_all_measurements_is_said(code):
    cells = pl.Series([f"{20 + i % 30 / 50:.2f}" for i in range(200)] + [code] * 5)
    missing = guess_empty({"x": cells})
    assert (missing.kept, missing.not_empty, list(missing.empty)) == ({"x": {code: 5}}, {}, list(EMPTY))
    assert f"kept as values: {code!r} (5 cells) in 'x' (if that means an empty cell, add it to data.empty)" in (
        missing.sentences()
    )


@pytest.mark.parametrize("cells", [[f"{i * 7}" for i in range(-150, 150)] + ["-999"] * 4, ["-1", "1"] * 40])
def test_a_number_among_others_is_no_code(cells):
    assert guess_empty({"x": pl.Series(cells)}).kept == {}
