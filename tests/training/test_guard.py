from __future__ import annotations

import pytest
import torch

from mmfusion.training.guard import FiniteGuard, NonFiniteLossError

GOOD = torch.tensor([1.0, 2.0])


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_it_names_the_task_and_the_step(value):
    guard = FiniteGuard(["sum", "largest"])
    guard.watch(GOOD, torch.ones(2), 6)
    with pytest.raises(NonFiniteLossError, match="loss of 'largest' is not finite at step 7"):
        guard.watch(torch.tensor([1.0, value]), torch.ones(2), 7)


def test_a_weight_that_is_not_finite_counts_as_well():
    with pytest.raises(NonFiniteLossError, match="'sum'"):
        FiniteGuard(["sum", "largest"]).watch(GOOD, torch.tensor([float("nan"), 1.0]), 0)


def test_a_device_is_not_waited_for_until_someone_asks():
    # The meta device cannot be read at all, so this passes only if `watch` does not try.
    guard = FiniteGuard(["sum", "largest"])
    for step in range(3):
        guard.watch(GOOD.to("meta"), torch.ones(2, device="meta"), step)
    with pytest.raises(NotImplementedError, match="meta"):
        guard.check(3)
