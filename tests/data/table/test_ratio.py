from __future__ import annotations

import random
from collections import Counter

import numpy as np
import pytest

from mmfusion.data.table.ratio import split_by_ratio, split_groups, strata

RATIO = {"train": 0.8, "val": 0.1, "test": 0.1}


def shuffled(*columns: list, seed: int = 0) -> list[list]:
    order = list(range(len(columns[0])))
    random.Random(seed).shuffle(order)
    return [[column[i] for i in order] for column in columns]


@pytest.mark.parametrize(
    ("rows", "expected"), [(10, (8, 1, 1)), (1000, (800, 100, 100)), (3, (1, 1, 1)), (7, (5, 1, 1))]
)
def test_every_split_has_its_share(rows, expected):
    counts = Counter(split_by_ratio([str(i) for i in range(rows)], RATIO, 0))
    assert (counts["train"], counts["val"], counts["test"]) == expected


def test_same_seed_same_split_whatever_the_order_of_rows():
    keys = [f"row{i}" for i in range(500)]
    split = dict(zip(keys, split_by_ratio(keys, RATIO, 3), strict=True))
    (other,) = shuffled(keys)
    assert dict(zip(other, split_by_ratio(other, RATIO, 3), strict=True)) == split
    assert dict(zip(keys, split_by_ratio(keys, RATIO, 4), strict=True)) != split


def test_stratified_every_class_has_its_share():
    classes = np.repeat(np.arange(30), 10)
    split = np.array(split_by_ratio([str(i) for i in range(300)], RATIO, 0, classes))
    for label in range(30):
        assert Counter(split[classes == label]) == {"train": 8, "val": 1, "test": 1}


@pytest.mark.parametrize("seed", range(20))
def test_stratified_every_class_is_trained_on_and_shares_stay(seed):
    sizes = [1] * 10 + [2] * 10 + [30, 140]
    classes = np.repeat(np.arange(len(sizes)), sizes)
    np.random.default_rng(seed).shuffle(classes)
    split = np.array(split_by_ratio([str(i) for i in range(200)], RATIO, seed, classes))
    assert set(classes[split == "train"]) == set(range(len(sizes)))
    assert Counter(split) == {"train": 160, "val": 20, "test": 20}
    for label in (20, 21):
        counts = Counter(split[classes == label])
        assert abs(counts["train"] / sizes[label] - 0.8) < 0.12, counts
        assert counts["val"], counts
        assert counts["test"], counts


def test_stratified_more_classes_than_training_rows():
    keys = [str(i) for i in range(100)]
    assert Counter(split_by_ratio(keys, RATIO, 0, np.arange(100))) == {"train": 80, "val": 10, "test": 10}
    assert Counter(split_by_ratio(keys[:3], {"val": 0.5, "test": 0.5}, 0, np.arange(3)))["val"] in (1, 2)


def test_groups_never_straddle_and_shares_are_close():
    generator = random.Random(0)
    groups = [f"patient{generator.randrange(200)}" for _ in range(5000)]
    split = split_groups(RATIO, 0, groups)
    assert len({*zip(groups, split, strict=True)}) == len(set(groups))
    counts = Counter(split)
    for name, share in RATIO.items():
        assert abs(counts[name] / 5000 - share) < 0.01


def test_groups_same_split_whatever_the_order_of_rows():
    groups = [f"g{i % 37}" for i in range(500)]
    split = dict(zip(groups, split_groups(RATIO, 1, groups), strict=True))
    (other,) = shuffled(groups)
    assert dict(zip(other, split_groups(RATIO, 1, other), strict=True)) == split
    assert dict(zip(groups, split_groups(RATIO, 2, groups), strict=True)) != split


@pytest.mark.parametrize("seed", range(9))
@pytest.mark.parametrize(
    ("sizes", "train"),
    [
        ([900, 50, 50], (900,)),
        ([600, 200, 40, 40, 40, 40, 40], (800,)),
        ([400, 300, 100, 50, 50, 50, 50], (750, 850)),
        ([334, 333, 333], (333, 334)),  # a split is never left empty, so nothing better can be had
        ([500] + [5] * 100, (800,)),
    ],
)
def test_large_groups_do_not_starve_training(sizes, train, seed):
    groups = [f"{seed}-{unit}" for unit, size in enumerate(sizes) for _ in range(size)]
    counts = Counter(split_groups(RATIO, seed, groups))
    assert set(counts) == set(RATIO)
    assert min(train) <= counts["train"] <= max(train), counts


@pytest.mark.parametrize("seed", range(20))
def test_grouped_and_stratified_every_class_is_trained_on(seed):
    generator = random.Random(seed)
    groups = [f"g{generator.randrange(20)}" for _ in range(600)]
    classes = np.zeros(600, dtype=np.int64)
    classes[:10] = range(1, 11)  # ten classes of one row, ten of two
    classes[10:30] = [11 + i // 2 for i in range(20)]
    split = np.array(split_groups(RATIO, seed, groups, classes))
    assert set(classes[split == "train"]) == set(range(21))
    assert 0.75 < (split == "train").mean() < 0.85
    assert {"val", "test"} <= set(split)


def test_a_class_for_each_group_still_fills_every_split():
    groups = [f"g{i % 20}" for i in range(200)]
    assert set(split_groups(RATIO, 0, groups, np.arange(200) % 20)) == set(RATIO)


def test_grouped_and_stratified_meets_classes_as_well_as_groups_allow():
    generator = random.Random(1)
    # A group is mostly of one class, so a split that ignored classes would often miss the rare one.
    home = [0 if g < 180 else 1 for g in range(200)]
    groups = [generator.randrange(200) for _ in range(4000)]
    classes = np.array([home[g] for g in groups])
    split = np.array(split_groups(RATIO, 0, [str(g) for g in groups], classes))
    for label in (0, 1):
        counts = Counter(split[classes == label])
        total = (classes == label).sum()
        for name, share in RATIO.items():
            assert abs(counts[name] / total - share) < 0.06


def test_strata_are_values_or_bins_and_empty_is_a_class():
    assert len(set(strata(["a", "b", None, "a"]))) == 3
    numbers = [None, *range(1000)]
    codes = strata(numbers)
    assert len(set(codes)) == 11
    assert codes[0] not in codes[1:]
    assert all(np.diff(codes[1:]) >= 0)
    assert max(Counter(codes[1:]).values()) <= 101
    words = [f"word{i}" for i in range(50)]
    assert len(set(strata(words))) == 50
