from __future__ import annotations

import logging

import pytest

from mmfusion.training.subsets import choose_subsets, subset_name


def test_every_subset_small_ones_first():
    assert choose_subsets(["a", "b", "c"], "all") == [
        ("a",), ("b",), ("c",), ("a", "b"), ("a", "c"), ("b", "c"), ("a", "b", "c"),
    ]  # fmt: skip


def test_all_but_one():
    assert choose_subsets(["a", "b", "c"], "leave_one_out") == [("a", "b"), ("a", "c"), ("b", "c"), ("a", "b", "c")]
    assert choose_subsets(["a"], "leave_one_out") == [("a",)]


def test_none():
    assert choose_subsets(["a", "b"], "none") == []


@pytest.mark.parametrize("count", [5, 6])
def test_many_modalities_are_tried_one_by_one_and_it_is_said(count, caplog):
    names = [f"m{i}" for i in range(count)]
    logger = logging.getLogger("pytorch_lightning.utilities.rank_zero")
    logger.addHandler(caplog.handler)
    try:
        with caplog.at_level(logging.INFO, logger.name):
            found = choose_subsets(names, "all")
    finally:
        logger.removeHandler(caplog.handler)
    assert len(found) == len(set(found)) == (31 if count == 5 else 6 + 6 + 1)
    assert found[-1] == tuple(names)
    assert ("63 subsets" in caplog.text) == (count == 6)


def test_names():
    assert subset_name(("image", "text")) == "image+text"
