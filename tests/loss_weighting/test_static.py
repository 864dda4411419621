from __future__ import annotations

import math

import pytest
import torch

from mmfusion.loss_weighting.static import Static

TASKS = ["sum", "largest"]


def test_the_total_is_the_sum_with_lambdas():
    losses = torch.tensor([1.5, 2.5])
    total, weights = Static(TASKS, weights={"largest": 0.5, "sum": 3.0})(losses, None, torch.tensor([True, True]))
    assert total == 3 * 1.5 + 0.5 * 2.5
    assert weights.tolist() == [3.0, 0.5]


def test_a_default_stands_in_for_tasks_that_are_not_named():
    assert Static(TASKS, weights={"sum": 3.0}, default=0.25).weights.tolist() == [3.0, 0.25]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"weights": {"sum": 1.0}, "default": None},
            "expected a weight for each of sum, largest, found none for largest",
        ),
        ({"weights": {"sum": 1.0, "largest": -0.1}}, r"weights.largest: expected a finite number >= 0, found -0.1"),
        ({"weights": {"sum": math.nan, "largest": 1.0}}, r"weights.sum: expected a finite number >= 0, found nan"),
        ({"default": 0.0}, "above 0"),
    ],
)
def test_what_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        Static(TASKS, **arguments)
