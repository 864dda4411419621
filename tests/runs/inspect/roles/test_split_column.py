import polars as pl
import pytest

from mmfusion.runs.inspect.roles.split_column import split_meaning
from tests.runs.inspect.plans import among, roles

N = 60


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


@pytest.mark.parametrize(
    ("name", "values", "role", "warning"),
    [
        ("split", ["train", "test", None], "split", "20 rows without a split will be refused"),
        ("split", ["train", "test"], "split", "no rows for val"),
        ("split", ["train", "train", None], "ignored", ""),  # training alone is no split
        ("part", ["train", "bus"], "modality tabular", ""),
        ("part", ["arm", "leg"], "modality tabular", ""),
        ("set", ["1", "2"], "modality tabular", ""),
        ("fold", ["alpha", "beta"], "modality tabular", ""),
        ("test", ["0", "1"], "modality tabular", ""),
        ("is_male", ["0", "1"], "modality tabular", ""),
    ],
)
def test_a_split_is_known_by_its_values(name, values, role, warning):
    plan = among({name: (values * N)[:N]})
    assert (roles(plan)[name], plan.decisions[name].warning) == (role, warning)


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
def test_a_column_named_like_a_split_is_no_input_whatever_it_holds(name, values):
    decision = among({name: (values * N)[:N]}).decisions[name]
    assert decision.role == "ignored"
    assert f"data.split.ratio=null data.split.folds=groups data.split.group={name}" in decision.reason


def test_of_several_splits_the_one_with_all_three_is_taken():
    columns = {"split": ["train", "test"] * 30, "fold": ["TRAIN", "dev", "test"] * 20, "subset": ["a", "b", "c"] * 20}
    plan = among(columns)
    assert [roles(plan)[name] for name in columns] == ["ignored", "split", "ignored"]
    assert plan.splits == {"TRAIN": "train", "dev": "val", "test": "test"}
    assert plan.decisions["fold"].reason == "its values are the names of splits: train 20, val 20, test 20"
    assert plan.decisions["split"].reason == "another split; `fold` is taken"
    assert plan.decisions["subset"].reason == "named like a split, and another column is the split"
