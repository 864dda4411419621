import numpy as np
import polars as pl
import pytest
import torch

from mmfusion.tasks.multilabel import Multilabel


def fitted(labels=("a;b", "c", "none"), **options) -> Multilabel:
    task = Multilabel(**options)
    task.fit(labels)
    return task


def test_texts_lists_and_series_are_read_alike():
    task = fitted()
    assert task.classes.names == ["a", "b", "c"]
    for label in ("a;c", "c; a", ["a", "c"], ("c", "a"), np.array(["a", "c"]), pl.Series(["a", "c", "a"])):
        assert task.check(label) == [1.0, 0.0, 1.0]
    assert task.counts == [1, 1, 1]
    assert task.fill == [0.0, 0.0, 0.0]


@pytest.mark.parametrize(
    "label",
    ["a; c;", ";c;a", "['a', 'c']", '["c","a"]', "('a', 'c')", "{a,c}", "[c, a]", "['a' 'c']", "a;c;a", "'a';\"c\""],
)
def test_lists_as_people_write_them(label):
    assert fitted().check(label) == [1.0, 0.0, 1.0]


@pytest.mark.parametrize("label", ["none", " none ", [], "None", "NONE;", "[]", "['none']", "set()"])
def test_no_label_applies(label):
    assert fitted().check(label) == [0.0, 0.0, 0.0]


def test_numbers():
    task = fitted([[1, 10], "2"])
    assert task.classes.names == ["1", "2", "10"]
    assert task.check(10) == task.check(10.0) == task.check("10") == [0.0, 0.0, 1.0]


def test_separator_and_given_classes():
    task = fitted(["x|y"], separator="|", classes=["z", "y", "x"])
    assert task.check("x|z") == [1.0, 0.0, 1.0]
    with pytest.raises(ValueError, match="found 'w'"):
        task.check("x|w")


def test_bad_cells_and_options_are_refused():
    with pytest.raises(ValueError, match="found 'd'"):
        fitted().check("a;d")
    with pytest.raises(ValueError, match="a label between two ';', found nothing; take one of the two away"):
        fitted().check("a;;b")
    with pytest.raises(ValueError, match="found nothing but ';'; leave the cell empty"):
        fitted().check(" ; ")
    with pytest.raises(ValueError, match="labels or 'none', found both; take one away, or set `none`"):
        fitted().check("a;None")
    assert fitted(["a;none", "b"], none="-").classes.names == ["a", "b", "none"]
    with pytest.raises(ValueError, match="at least 1 label"):
        fitted(["none"])
    with pytest.raises(ValueError, match="separator"):
        Multilabel(separator="")


def test_each_label_may_have_a_column_of_its_own():
    rows = [("1", "0", "yes"), ("0", "1.0", "No"), (0, False, 0.0)]
    task = fitted(rows, columns=["a", "b", "c"])
    assert task.classes.names == ["a", "b", "c"]
    assert [task.check(row) for row in rows] == [[1.0, 0.0, 1.0], [0.0, 1.0, 0.0], [0.0, 0.0, 0.0]]
    assert fitted(rows, columns=["a", "b", "c"], classes=["x", "y", "z"]).classes.names == ["x", "y", "z"]
    with pytest.raises(ValueError, match="found nothing in 'b'; empty all of them where no label is known"):
        task.check(("1", None, "0"))
    with pytest.raises(ValueError, match=r"expected 0 or 1 .*found '2' in 'a'"):
        task.check(("2", "1", "0"))
    with pytest.raises(ValueError, match="column or columns, not both"):
        Multilabel(column="a", columns=["a", "b"])
    with pytest.raises(ValueError, match="expected 2 names, one a column, found 1"):
        Multilabel(columns=["a", "b"], classes=["a"])


def test_loss_is_the_mean_over_labels():
    task = fitted()
    z = torch.tensor([[0.5, -1.0, 2.0], [0.0, 0.0, 0.0]])
    y = torch.tensor([[1.0, 0.0, 0.0], [0.0, 1.0, 1.0]])
    p = z.sigmoid()
    torch.testing.assert_close(task.loss(z, y), -(y * p.log() + (1 - y) * (1 - p).log()).mean(1))
    with pytest.raises(ValueError, match=r"target of shape \[B, 3\], found output \[2, 3\] and target \[2\]"):
        task.loss(z, y[:, 0])


def test_predictions_are_readable_and_read_back():
    task = fitted()
    columns = task.readable(task.predict(torch.tensor([[3.0, -3.0, 3.0], [-1.0, -1.0, -1.0]])))
    assert columns[""] == ["a;c", "none"]
    assert task.check(columns[""][0]) == [1.0, 0.0, 1.0]
    assert set(columns) == {"", "_p_a", "_p_b", "_p_c"}


def test_an_empty_cell_beside_marks_says_no_if_so_configured():
    rows = [("x", None), (None, "X"), (None, None)]
    task = fitted(rows, columns=["a", "b"], empty_is_no=True)
    assert [task.check(row) for row in rows] == [[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]]
    with pytest.raises(ValueError, match="set empty_is_no if an empty cell says no"):
        fitted([("x", "x")], columns=["a", "b"]).check(("x", None))
    with pytest.raises(ValueError, match="empty_is_no: expected columns"):
        Multilabel(empty_is_no=True)
