import polars as pl
import pytest
import torch

from mmfusion.data.errors import DataError, Problems
from mmfusion.data.table.table import Table
from mmfusion.data.table.targets import fit_labels, label_columns, read_labels
from mmfusion.label_reader import LabelReader
from mmfusion.tasks.multilabel import Multilabel


class Reader(LabelReader):
    """A reader of small whole numbers, or of whatever `make` gives."""

    def __init__(self, column=None, make=int, fill=0, classes=None):
        self.column, self.make, self.fill, self.fitted, self.classes = column, make, fill, None, classes

    def fit(self, labels):
        self.fitted = list(labels)

    def check(self, label):
        if label == "bad":
            raise ValueError("expected a number")
        return self.make(label)

    def state(self):
        return {} if self.classes is None else {"classes": self.classes}

    def load_state(self, state):
        return


def table(cells):
    n = len(cells)
    return Table("t.csv", {"y": cells}, ["train"] * n, [str(i) for i in range(n)], range(2, n + 2))


def read(cells, reader=None):
    problems = Problems("t.csv")
    labels = read_labels(table(cells), {"y": reader or Reader()}, problems)["y"]
    return labels, problems


def test_targets_and_masks():
    labels, problems = read(pl.Series(["3", None, "1", "3"]))
    assert labels.targets.tolist() == [3, 0, 1, 3]
    assert labels.targets.dtype == torch.int64
    assert labels.labelled.tolist() == [True, False, True, True]
    assert labels.counts == {}  # no classes
    assert len(problems) == 0


def test_types_and_shapes_follow_the_reader():
    assert read(["1", None], Reader(make=float, fill=0.0))[0].targets.dtype == torch.float32
    exact = Reader(make=float, fill=0.0)
    exact.double_targets = True
    assert read(["1700000000.123", None], exact)[0].targets.tolist() == [1700000000.123, 0.0]
    several, _ = read(["1", None], Reader(make=lambda x: [1.0, 0.0], fill=[0.0, 0.0]))
    assert several.targets.tolist() == [[1.0, 0.0], [0.0, 0.0]]


def test_no_label_at_all_keeps_type_and_shape():
    assert read([None, None])[0].targets.tolist() == [0, 0]
    assert read([None], Reader(fill=[0.0, 0.0]))[0].targets.shape == (1, 2)


def test_every_wrong_label_is_counted_with_its_line():
    _, problems = read(["1", "bad", "2", "bad"])
    assert len(problems) == 2
    with pytest.raises(DataError, match=r"2 problems\n  t\.csv, line 3, column 'y': 'bad': expected a number"):
        problems.raise_if_any()


def test_fit_sees_every_label_of_the_training_rows_as_often_as_it_is_there():
    reader = Reader("y")
    fit_labels(table(pl.Series(["a", None, "b", "a"])), {"task": reader})
    assert reader.fitted == ["a", "b", "a"]


def test_fit_without_labels_or_column():
    with pytest.raises(DataError, match=r"task 'y': column 'y' of t\.csv is empty in all 2 training rows"):
        fit_labels(table([None, None]), {"y": Reader()})
    with pytest.raises(DataError, match=r"t\.csv has no column 'yy'; did you mean 'y'"):
        fit_labels(table(["1"]), {"yy": Reader()})


def test_what_a_reader_says_when_it_cannot_be_fitted_names_task_and_column():
    class Picky(Reader):
        def fit(self, labels):
            raise ValueError("expected at least 2 classes, found 1")

    with pytest.raises(DataError, match=r"task 'y', column 'y' of t\.csv: expected at least 2 classes"):
        fit_labels(table(["1"]), {"y": Picky()})


def test_rows_are_counted_by_class_however_it_is_spelt():
    reader = Reader(make=lambda label: int(label.lower() == "yes"), classes=["no", "yes"])
    labels, _ = read(["Yes", "yes", "No", None, "no", "NO", "bad"], reader)
    assert labels.counts == {"no": 3, "yes": 2}  # what is no label is not counted as the one that stands in for it
    assert read(["yes"], reader)[0].counts == {"yes": 1}


def test_of_several_labels_each_is_counted_and_rows_without_any():
    reader = Reader(
        make=lambda label: [float(name in label) for name in "abc"], fill=[0.0, 0.0, 0.0], classes=list("abc")
    )
    labels, _ = read(["a;b", "b", "none of them"[:4], None, "b;a"], reader)
    assert (labels.counts, labels.bare) == ({"a": 2, "b": 3}, 1)


@pytest.mark.parametrize("make", [float, lambda label: [1.0, float(label)]])
def test_a_reader_that_takes_float32_is_not_given_what_float32_rounds(make):
    fill = 0.0 if make is float else [0.0, 0.0]
    with pytest.raises(DataError, match=r"float32 rounds these targets by up to .* `double_targets"):
        read(["1700000000", "1700000020"], Reader(make=make, fill=fill))
    assert read(["1700000000", "1700000000"], Reader(make=make, fill=fill))[0].targets.dtype == torch.float32


def test_labels_in_several_columns():
    columns = {"a": ["1", "0", None, "1", None], "b": pl.Series(["0", "0", None, "0", "1"])}
    rows = Table("t.csv", columns, ["train"] * 5, list("vwxyz"), range(2, 7))
    task = Multilabel(columns=["a", "b"])
    fit_labels(rows, {"tags": task})
    problems = Problems("t.csv")
    labels = read_labels(rows, {"tags": task}, problems)["tags"]
    assert labels.targets.tolist() == [[1.0, 0.0], [0.0, 0.0], [0.0, 0.0], [1.0, 0.0], [0.0, 0.0]]
    assert labels.labelled.tolist() == [True, True, False, True, True]
    assert (labels.counts, labels.bare) == ({"a": 2}, 1)
    assert problems.first[0].startswith("t.csv, line 6, column 'a, b': (None, '1'): expected 0 or 1 in each")
    assert label_columns("tags", task) == ["a", "b"]
    assert label_columns("tags", Multilabel()) == ["tags"]


@pytest.mark.parametrize("empty_is_no", [False, True])
def test_a_row_of_empty_marks_has_labels_if_empty_says_no(empty_is_no):
    rows = Table("t.csv", {"a": ["x", None], "b": ["x", None]}, ["train"] * 2, ["0", "1"], [2, 3])
    reader = Multilabel(columns=["a", "b"], empty_is_no=empty_is_no)
    fit_labels(rows, {"kind": reader})
    assert read_labels(rows, {"kind": reader}, Problems("t.csv"))["kind"].labelled.tolist() == [True, empty_is_no]


def test_very_many_classes_are_not_counted():
    classes = [str(i) for i in range(1001)]
    assert read(classes, Reader(classes=classes))[0].counts == {}
