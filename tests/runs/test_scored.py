"""Digests are equal where the rows that were scored are."""

import pytest
import torch

from mmfusion.data.table.table import Table
from mmfusion.runs.scored import scored_rows
from mmfusion.tasks.regression import Regression
from mmfusion.training.callbacks.predictions import KeepPredictions


class Data:
    """What `scored_rows` asks of a data module."""

    def __init__(self, table, val=("v0", "v1")):
        self.table = table
        self.labels = {"y": Regression("answer"), "z": Regression()}
        self.val = list(val)

    def scored(self, split):
        assert split == "val"
        return self.val, {"y": torch.tensor([True, True]), "z": torch.tensor([True, False])}


def table(order=(0, 1, 2, 3, 4), answers=("a", "b", "c", "d", "e"), **more):
    ids, splits = ["v0", "v1", "t0", "t1", "r0"], ["val", "val", "test", "test", "train"]
    columns = {"answer": list(answers), "z": [1.0, None, 3.0, 4.0, 5.0]} | more
    columns = {name: [cells[i] for i in order] for name, cells in columns.items()}
    return Table("t.csv", columns, [splits[i] for i in order], [ids[i] for i in order], list(range(5)))


def record(table, ids=("t0", "t1"), present=((True, True), (True, False)), whole_val=True):
    kept = KeepPredictions()
    kept.ids = list(ids)
    kept.labelled = {"y": torch.ones(len(ids), dtype=torch.bool), "z": torch.ones(len(ids), dtype=torch.bool)}
    kept.present = dict(zip(("a", "b"), map(torch.tensor, present), strict=True))
    return scored_rows(Data(table), kept, ["test/y/f1", "test[b]/y/f1", "test[b]/z/mae"], whole_val)


def test_splits_subsets_and_tasks():
    found = record(table())
    assert found["train"] == {"rows": 1}
    assert [found[split]["rows"] for split in ("val", "test", "test[b]")] == [2, 2, 1]
    assert [found["val"]["labels"][task][0] for task in "yz"] == [2, 1]
    assert found["test"]["labels"]["y"] != found["test[b]"]["labels"]["y"]
    assert "val" not in record(table(), whole_val=False)


def test_the_order_of_rows_and_other_columns_do_not_matter():
    first = record(table())
    assert record(table([4, 2, 0, 3, 1], more=[0, 1, 2, 3, 4]), ["t1", "t0"], [[True, True], [False, True]]) == first


@pytest.mark.parametrize(
    "other", [record(table(), ["t0"], [[True], [True]]), record(table(answers="abxde")), record(table(), ["t0", "r0"])]
)
def test_other_rows_or_labels_are_others(other):
    assert other["test"]["labels"]["y"] != record(table())["test"]["labels"]["y"]
