import shlex
from collections import Counter

import polars as pl
import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser

from mmfusion.data.errors import DataError
from mmfusion.data.table.split import split_at_ratio, split_by_column, take_from_train
from mmfusion.data.table.table import Table

N = 40
ROWS = range(2, N + 2)
IDS = [f"r{i}" for i in range(N)]


def table(columns, rows=ROWS):
    rows = rows[: len(next(iter(columns.values())))] if columns else rows
    return Table("t.csv", columns, [""] * len(rows), IDS[: len(rows)], rows)


@pytest.mark.parametrize("cells", [[0, 1, 2], pl.Series(["0", "1", "2"]), pl.Series([0, 1, 2])])
def test_numbers_and_their_names_are_the_same_value(cells):
    split = {"column": "fold", "train": [0], "val": 1, "test": "2"}
    assert split_by_column(table({"fold": cells}), split) == ["train", "val", "test"]


def test_a_value_without_a_near_one_gets_no_advice():
    with pytest.raises(DataError) as error:
        split_by_column(table({"part": ["train", "zzz"]}), {"column": "part", "train": "train"})
    assert "t.csv, line 3, column 'part': 'zzz': expected 'train' (train)" in str(error.value)
    assert "did you mean" not in str(error.value)


def test_the_seed_decides_and_none_is_0():
    ratio = {"train": 0.5, "val": 0.5}
    first, none, other = (split_at_ratio(table({}), {"seed": s}, ratio) for s in (0, None, 1))
    assert first == none != other


def test_what_is_taken_comes_from_training_rows_alone():
    splits = ["train"] * 20 + ["test"] * 20
    split = {"from_train": {"val": 0.25}, "stratify": "y"}
    columns = {"y": ["a", "b"] * 20}
    result = take_from_train(list(splits), table(columns), split)
    assert Counter(result) == {"train": 15, "val": 5, "test": 20}
    assert result[20:] == ["test"] * 20
    # Rows of other splits have no say in it.
    fewer = take_from_train(splits[:30], table({"y": columns["y"][:30]}), split)
    assert fewer == result[:30]


def test_nothing_can_be_taken_from_no_training_rows():
    with pytest.raises(DataError, match=r"data\.split\.from_train: t\.csv has no training rows to take from"):
        take_from_train(["test"] * N, table({}), {"from_train": {"val": 0.1}})


def test_groups_of_the_training_rows_stay_together_and_holes_in_them_are_named():
    splits = ["train"] * 36 + ["test"] * 4
    who = [f"p{i % 9}" for i in range(N)]
    split = {"from_train": {"val": 0.3}, "group": "who"}
    result = take_from_train(list(splits), table({"who": who}), split)
    assert len({(w, s) for w, s in zip(who, result, strict=True) if s != "test"}) == 9
    who[7] = who[38] = None  # the second is no training row
    with pytest.raises(DataError, match=r"^t\.csv, line 9, column 'who': None: an empty group"):
        take_from_train(list(splits), table({"who": who}), split)


@pytest.mark.parametrize(
    "cells", [["true", "false"], ["True", "False"], ["TRUE", "FALSE"], pl.Series([True, False])], ids=str
)
@pytest.mark.parametrize(("yes", "no"), [(True, False), ("True", "False")])
def test_true_and_false_are_what_they_are_however_they_are_written(cells, yes, no):
    split = {"column": "seen", "train": yes, "val": no}
    assert split_by_column(table({"seen": cells}), split) == ["train", "val"]


def test_the_advice_for_a_value_of_no_split_works_when_followed():
    cells = ["train", "dev", "it's", "test", None]
    split = {"column": "part", "train": "train", "val": None, "test": "test"}
    with pytest.raises(DataError, match="expected 'train'") as error:
        split_by_column(table({"part": cells}), split)
    (advice,) = [word for word in shlex.split(str(error.value)) if word.startswith("data.split.train=")]
    followed = OverridesParser.create().parse_override(advice).value()
    assert split_by_column(table({"part": cells[:4]}), {**split, "train": [str(item) for item in followed]}) == [
        *["train"] * 3,
        "test",
    ]
