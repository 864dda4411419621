import polars as pl
import pytest

from mmfusion.runs.inspect.columns.profile import profile
from mmfusion.runs.inspect.plan import Decision, Plan
from mmfusion.runs.inspect.roles.split_column import find_split, other_splits, split_meaning


@pytest.mark.parametrize(
    ("values", "meaning"),
    [
        (["train", "dev", "TEST", None], {"train": "train", "dev": "val", "TEST": "test"}),
        (["a", "train"], {"train": "train"}),
        (["训练", "验证", "测试"], {"训练": "train", "验证": "val", "测试": "test"}),
        ([1, 2], {}),
    ],
)
def test_values_that_name_splits(values, meaning):
    assert split_meaning(pl.Series(values)) == meaning


def decided(**columns):
    table = {name: pl.Series(name, cells, dtype=pl.String) for name, cells in columns.items()}
    profiles = {name: profile(name, cells) for name, cells in table.items()}
    plan = Plan("t.csv", 60, profiles, {name: Decision(name, "open") for name in table})
    find_split(plan, table, frozenset())
    other_splits(plan, table, frozenset())
    return plan.decisions


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("split", ["0", "1", "2"]),
        ("fold", ["0", "1", "2"]),
        ("kfold", ["fold_1", "fold_2"]),
        ("is_test", ["0", "1"]),
        ("subset", ["train", "test", "test2"]),
        ("划分", ["甲", "乙"]),
    ],
)
def test_a_column_named_like_a_split_is_no_target_whatever_it_holds(name, values):
    decision = decided(**{name: (values * 60)[:60]})[name]
    assert decision.role == "ignored"
    assert f"data.split.ratio=null data.split.folds=groups data.split.group={name}" in decision.reason


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("part", ["arm", "leg"]),
        ("set", ["1", "2"]),
        ("fold", ["alpha", "beta"]),
        ("test", ["0", "1"]),
        ("is_male", ["0", "1"]),
    ],
)
def test_what_only_sounds_like_one_is_open(name, values):
    assert decided(**{name: (values * 60)[:60]})[name].role == "open"


def test_a_second_split_is_left_out():
    found = decided(part=["train", "val", "test"] * 20, subset=["a", "b", "c"] * 20)
    assert found["subset"].reason == "named like a split, and another column is the split"
