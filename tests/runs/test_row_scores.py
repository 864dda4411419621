import polars as pl
import pytest

from mmfusion.runs.row_scores import against, row_scores


def test_scores_of_classes_numbers_and_lists():
    classes = pl.DataFrame({"t": ["a", "b", "a"]})
    assert row_scores("t", classes, pl.Series(["a", "a", "a"])).tolist() == [1, 0, 1]
    numbers = pl.DataFrame({"t": [1.0, 2.5]})
    assert row_scores("t", numbers, pl.Series([2.0, 2.0])).tolist() == [-1, -0.5]
    labels = pl.DataFrame({"t": ["p", "none"], "t_p_p": [0.9, 0.1], "t_p_q": [0.2, 0.1]})
    assert row_scores("t", labels, pl.Series([[1.0, 1.0], [0.0, 0.0]])).tolist() == [0.5, 1]


def test_rows_are_matched_by_id_and_those_without_a_label_left_out():
    own = pl.DataFrame({"id": ["1", "2", "3", "4"], "t": ["a"] * 4, "t_true": ["a", "a", "b", None]})
    simple = pl.DataFrame({"id": ["4", "3", "2", "1"], "t": ["a", "b", "b", "b"]})
    found = against("t", own, simple)
    assert found["rows"] == 3
    assert found["difference"] == pytest.approx(1 / 3)
    assert found["low"] < found["difference"] < found["high"]


def test_nothing_to_compare_on():
    own = pl.DataFrame({"id": ["1"], "t": ["a"], "t_true": pl.Series([None], dtype=pl.String)})
    found = against("t", own, pl.DataFrame({"id": ["1"], "t": ["a"]}))
    assert found == {"rows": 0, "difference": None, "low": None, "high": None}
