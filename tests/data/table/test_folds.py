import random
from collections import Counter

import pytest

from mmfusion.data.errors import DataError
from mmfusion.data.table.folds import folds_of, split_by_folds
from mmfusion.data.table.table import Table

N = 60
ROWS = list(range(2, N + 2))
IDS = [f"r{i}" for i in range(N)]
COLUMNS = {"y": ["a", "b", "b"] * 20, "who": [f"p{i // 5}" for i in range(N)]}


def splits(split, fold, fixed=None, ids=IDS, columns=COLUMNS):
    result = split_by_folds(Table("t.csv", columns, [""] * N, ids, ROWS), {**split, "fold": fold}, fixed)
    return dict(zip(ids, result, strict=True))


@pytest.mark.parametrize(
    "split", [{"folds": 5}, {"folds": 5, "stratify": "y"}, {"folds": 3, "group": "who", "stratify": "y", "seed": 4}]
)
def test_every_row_is_tested_in_exactly_one_fold(split):
    result = [splits(split, fold) for fold in range(split["folds"])]
    tested = Counter(name for item in result for name, part in item.items() if part == "test")
    assert tested == dict.fromkeys(IDS, 1)
    for item in result:
        counts = Counter(item.values())
        assert counts["test"] == N / split["folds"]
        assert counts["val"] >= 1
        assert counts["train"] > counts["val"]


def test_folds_do_not_depend_on_the_order_of_the_rows():
    order = random.Random(0).sample(range(N), N)
    ids = [IDS[i] for i in order]
    columns = {name: [cells[i] for i in order] for name, cells in COLUMNS.items()}
    split = {"folds": 4, "stratify": "y", "from_train": {"val": 0.2}}
    assert splits(split, 2) == splits(split, 2, ids=ids, columns=columns)
    assert splits(split, 2) != splits({**split, "seed": 1}, 2)


def test_folds_and_validation_are_stratified_and_keep_groups_together():
    result = splits({"folds": 5, "stratify": "y", "from_train": {"val": 0.25}}, 0)
    for part, rows in (("test", 12), ("val", 12), ("train", 36)):
        labels = Counter(COLUMNS["y"][IDS.index(name)] for name, item in result.items() if item == part)
        assert labels == {"a": rows / 3, "b": rows * 2 / 3}
    grouped = splits({"folds": 4, "group": "who"}, 1)
    assert len({(COLUMNS["who"][IDS.index(name)], part) for name, part in grouped.items()}) == 12


def test_without_validation():
    for split in ({"folds": 5, "val": None}, {"folds": 5, "from_train": {"val": 0}}):
        assert Counter(splits(split, 0).values()) == {"test": 12, "train": 48}


def test_each_group_is_a_fold():
    split = {"folds": "groups", "group": "who"}
    names, _ = folds_of(Table("t.csv", COLUMNS, [""] * N, IDS, ROWS), split)
    assert names == sorted(set(COLUMNS["who"]))
    result = splits(split, names.index("p7"))
    assert {name for name, part in result.items() if part == "test"} == {f"r{i}" for i in range(35, 40)}


def test_where_a_column_fixes_the_test_the_fold_is_the_validation():
    fixed = ["test"] * 10 + ["val"] * 10 + ["train"] * 40
    result = [splits({"folds": 5, "column": "part"}, fold, fixed) for fold in range(5)]
    for item in result:
        assert [name for name, part in item.items() if part == "test"] == IDS[:10]
    held = Counter(name for item in result for name, part in item.items() if part == "val")
    assert held == dict.fromkeys(IDS[10:], 1)


@pytest.mark.parametrize(
    ("split", "message"),
    [
        ({"folds": 61}, r"data\.split\.folds: t\.csv has 60 rows, too few for 61 folds; expected 2 to 60"),
        ({"folds": 13, "group": "who"}, "has 12 groups in column 'who', too few for 13 folds; expected 2 to 12"),
        ({"folds": "groups", "group": "who", "fold": 12}, r"data\.split\.fold: expected 0 to 11 \(p0, .*\), found 12"),
        ({"folds": "groups", "group": "one"}, "column 'one': expected at least 2 groups to make folds of, found 1"),
        ({"folds": "groups", "group": "two"}, r"1 groups cannot fill 2 splits .*data\.split\.val=null has no valid"),
        ({"folds": 3, "group": "whom"}, r"data\.split\.group: t\.csv has no column 'whom'; did you mean 'who'"),
    ],
)
def test_folds_that_there_are_not(split, message):
    columns = {**COLUMNS, "one": ["x"] * N, "two": ["x", "y"] * 30}
    with pytest.raises(DataError, match=message):
        split_by_folds(Table("t.csv", columns, [""] * N, IDS, ROWS), split)
