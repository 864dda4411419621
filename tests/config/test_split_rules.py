import pytest

from mmfusion.config.errors import ConfigError
from mmfusion.config.split_rules import check_split, shares_of, validates


@pytest.mark.parametrize(
    "split",
    [
        {"column": "part", "train": "train", "val": "dev"},
        {"column": "part", "train": ["a", "b"], "val": None, "from_train": {"val": 0.2, "test": 0.2}},
        {"column": "fold", "train": [0, 1], "val": 2, "test": 3, "ratio": None},
        {"column": None, "ratio": {"train": 0.7, "val": 0.3}, "seed": 3, "group": "who", "stratify": "y"},
        {"ratio": {"train": 1, "val": 0}},
        {"column": None, "ratio": None, "folds": 5, "fold": 4, "group": "who", "stratify": "y"},
        {"folds": "groups", "fold": 100, "group": "who"},
        {"column": "part", "train": "train", "val": "dev", "test": "test", "folds": 2, "fold": 1},
        {"column": "part", "train": "a", "test": None, "from_train": {"test": 0.1}, "folds": 3},
        {"ratio": {"train": 0.1, "val": 0.2, "test": 0.7}},  # sums to one but for rounding
    ],
)
def test_splits_that_mean_something(split):
    check_split(split)


@pytest.mark.parametrize(
    ("split", "message"),
    [
        ({"column": "a"}, "expected the column's values of train, val, test, found none"),
        ({"ratio": {"train": 0.8, "val": 0.3}}, "shares that sum to 1, .* sum 1.1"),
        ({"column": "a", "train": 0, "val": 1, "from_train": {"val": 0.1}}, r"from_train.val: val is .* in the column"),
        ({"column": "a", "train": 0, "val": "0"}, "data.split: '0' stands for both train and val"),
        ({"ratio": {"train": 1.5}}, r"ratio\.train: must be a number from 0 to 1, found 1\.5"),
        ({"ratio": {"trian": 1}}, r"ratio\.trian: there is no such key; did you mean 'train'"),
        ({"column": "a", "train": 0, "from_train": {"val": 0.6, "test": 0.4}}, "leave rows to train on"),
        (
            {"ratio": {"train": 1}, "folds": 3},
            r"either `ratio` or `folds`, found both .*data\.split\.ratio=null for folds",
        ),
        ({}, "one by folds is data.split.column=null data.split.ratio=null data.split.folds=5"),
        ({"folds": 1}, r"data\.split\.folds: must be a whole number of at least 2 or 'groups' or null, found 1"),
        ({"folds": "groups"}, r"data\.split\.folds=groups: expected data\.split\.group"),
        ({"folds": 5, "fold": 5}, r"data\.split\.fold: expected 0 to 4 \(data\.split\.folds=5\), found 5"),
        ({"folds": "groups", "group": "who", "fold": -1}, r"data\.split\.fold: must be a whole number of at least 0"),
        ({"column": "a", "train": 0, "fold": 1}, r"data\.split\.fold: expected data\.split\.folds beside it"),
        ({"ratio": {"train": 1}, "fold": 1}, r"data\.split\.ratio=null data\.split\.folds=5"),
        ({"ratio": {"train": 1}, "from_train": {"val": 0.1}}, r"data\.split\.from_train: expected null beside `ratio`"),
        (
            {"column": "a", "train": 0, "folds": 5},
            r"data\.split\.test is null; name its value, or set data\.split\.column",
        ),
        ({"column": "a", "train": 0, "test": 1, "folds": 5, "from_train": {"val": 0.1}}, "fold 0 is the validation"),
        ({"folds": 5, "from_train": {"test": 0.1}}, "fold 0 is the test; leave it out"),
    ],
)
def test_splits_that_do_not(split, message):
    with pytest.raises(ConfigError, match=message):
        check_split(split)


@pytest.mark.parametrize(
    ("split", "expected"),
    [
        ({"column": "a", "train": 0, "val": 1}, True),
        ({"column": "a", "train": 0, "val": None}, False),
        ({"column": "a", "train": 0, "val": None, "from_train": {"val": 0.1}}, True),
        ({"column": "a", "train": 0, "val": None, "from_train": {"val": 0.0, "test": 0.2}}, False),
        ({"ratio": {"train": 0.8, "val": 0.2}}, True),
        ({"ratio": {"train": 0.8, "val": 0, "test": 0.2}}, False),
        ({"ratio": {"train": 0.8, "test": 0.2}}, False),
        ({"ratio": {"train": 0.8, "val": 0.2}, "val": None}, False),
        ({"folds": 3}, True),
        ({"folds": 3, "val": None}, False),
        ({"folds": 3, "val": None, "from_train": {"val": 0.3}}, True),
        ({"folds": 3, "from_train": {"val": 0}}, False),
        ({"column": "a", "train": 0, "val": None, "test": 1, "folds": 3}, True),
    ],
)
def test_whether_a_split_has_validation_rows(split, expected):
    check_split(split)
    assert validates(split) is expected


def test_without_validation_training_has_its_share():
    ratio = {"train": 0.5, "val": 0.25, "test": 0.25}
    assert shares_of({"ratio": ratio, "val": "val"}) == ratio
    assert shares_of({"ratio": ratio, "val": None}) == {"train": 0.75, "test": 0.25}
    assert shares_of({"ratio": {"train": 1, "test": 0}}) == {"train": 1.0}
