import numpy as np
import polars as pl
import pytest
import torch

from mmfusion.data.batches.modality import ModalityRows
from mmfusion.data.checks import (
    check_ids,
    check_paths,
    check_present,
    check_splits,
    check_trained_columns,
)
from mmfusion.data.errors import DataError, Problems
from mmfusion.data.kinds.image import Image
from mmfusion.data.kinds.text import Text
from mmfusion.data.table.table import Table


def table(splits=("train", "val"), ids=None, root=None, **columns):
    n = len(splits)
    names = [f"r{i}" for i in range(n)] if ids is None else ids
    return Table("t.csv", {"x": ["1"] * n} | columns, list(splits), names, range(2, n + 2), root)


def test_ids_of_different_types_that_read_alike_are_one():
    with pytest.raises(DataError, match=r"t\.csv, line 3: '1': an id that an earlier row has too"):
        check_ids(table(ids=["1", 1]))
    check_ids(table(ids=[1, 2]))
    with pytest.raises(DataError, match=r"line 3: 'tran': a split must be one of train, val, test, predict"):
        check_ids(table(splits=["train", "tran"]))


def path_problems(images, kind):
    problems = Problems("t.csv")
    check_paths(ModalityRows("image", kind, images), images, problems)
    return problems


def test_cells_that_are_no_paths_are_not_looked_at(tmp_path):
    images = table(image=["../a.png", "/etc/passwd"])  # a text, and a table without media
    assert not path_problems(images, Text("image"))
    assert not path_problems(images, Image())
    assert not path_problems(table(root=tmp_path, image=[np.zeros((2, 2), np.uint8), "a.png"]), Image())


def test_cells_that_can_be_no_paths_are_noted(tmp_path):
    for cells in ([7, 7, None], pl.Series([1.5, 2.5, None]), [True, ("a.png",), None]):
        problems = path_problems(table(splits=["train"] * 3, root=tmp_path, image=cells), Image())
        assert len(problems) == 2
        result = type(cells[0]).__name__
        assert problems.first[0] == (
            f"t.csv, line 2, column 'image': {cells[0]!r}: expected a path relative to the media root, found {result}"
        )


def test_splits_to_train_and_validate_on():
    check_splits(table())
    with pytest.raises(DataError, match=r"no rows in split 'train' to learn from; rows per split: test 1, val 2"):
        check_splits(table(splits=("val", "test", "val")))
    with pytest.raises(DataError, match=r"no rows in split 'val' to choose the best checkpoint on; .*: train 1"):
        check_splits(table(splits=("train",)))
    check_splits(table(splits=("train",)), validates=False)
    with pytest.raises(DataError, match="no rows at all"):
        check_splits(table(splits=()))


def test_a_row_to_predict_is_never_advised_to_be_left_out():
    problems = Problems("new.csv")
    check_present(table(splits=["predict"]), {"x": torch.tensor([False])}, problems)
    (message,) = problems.first
    assert message.endswith("this row has none of the modalities in use (x); fill one")


@pytest.mark.parametrize(
    ("column", "advice"),
    [
        ("Text", "write 'text' in its header if 'Text' is that column"),
        ("q:text", "write 'text' in its header if 'q:text' is that column"),
        ("", "if a sign separates several columns in it, set data.delimiter=SIGN"),
    ],
)
def test_new_rows_whose_columns_have_other_names(column, advice):
    new = Table("new.csv", {column or "7:8": ["a"]}, ["predict"], ["r"], [2], None)
    with pytest.raises(DataError, match=advice):
        check_trained_columns(new, ["text"])


def test_new_rows_that_lack_some_of_the_columns(caplog):
    check_trained_columns(table(weight=["1", "2"]), ["x", "weight", "height"])
    assert caplog.messages == [
        "t.csv has no column height: taken as empty (a modality of which no column is there is absent)"
    ]  # and nothing of `weight`, which is a column of its own
    with pytest.raises(DataError, match="if its first line is a row, write the columns' names above it"):
        check_trained_columns(table(weight=["1", "2"]), ["qqq"])
