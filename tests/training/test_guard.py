from __future__ import annotations

import pytest
import torch

from mmfusion.training.guard import FiniteGuard, NonFiniteLossError

GOOD = torch.tensor([1.0, 2.0])
ONES = torch.ones(2)
ROWS = [torch.ones(3), torch.ones(3)]
IDS = ["a", "b", "c"]


def message_of(guard: FiniteGuard, step: int = 7) -> str:
    with pytest.raises(NonFiniteLossError) as caught:
        guard.check(step)
    return str(caught.value)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_it_names_the_task_the_step_and_the_rows(value):
    guard = FiniteGuard(["sum", "largest"])
    guard.watch(GOOD, ONES, ROWS, IDS)
    guard.check(6)
    rows = [torch.ones(3), torch.tensor([value, 1.0, value])]
    guard.watch(torch.tensor([1.0, value]), ONES, rows, ["d", "e", "f"])
    assert message_of(guard).startswith(
        "the loss of 'largest' is not finite at step 7, for 2 of 3 rows: d, f; training stops"
    )


def test_rows_of_all_batches_of_a_step_are_looked_at_and_ten_of_them_named():
    guard = FiniteGuard(["sum", "largest"])
    bad = [torch.full((20,), float("nan")), torch.ones(20)]
    guard.watch(GOOD, ONES, ROWS, IDS)
    guard.watch(torch.tensor([float("nan"), 1.0]), ONES, bad, [f"r{i}" for i in range(20)])
    guard.watch(GOOD, ONES, ROWS, IDS)
    assert "for 20 of 26 rows: r0, r1, r2, r3, r4, r5, r6, r7, r8, r9 and 10 more;" in message_of(guard)


def test_a_weight_that_is_not_finite_counts_as_well():
    guard = FiniteGuard(["sum", "largest"])
    guard.watch(GOOD, torch.tensor([float("nan"), 1.0]), ROWS, IDS)
    assert "'sum' is not finite at step 7, though that of each row is; the rows are a, b, c;" in message_of(guard)


def test_a_device_is_not_waited_for_until_someone_asks():
    # The meta device cannot be read at all, so this passes only if `watch` does not try.
    guard = FiniteGuard(["sum", "largest"])
    for _ in range(3):
        guard.watch(GOOD.to("meta"), ONES.to("meta"), [row.to("meta") for row in ROWS], IDS)
    with pytest.raises(NotImplementedError, match="meta"):
        guard.check(3)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_on_a_gpu_the_answer_is_there_before_the_optimizers_step():
    guard = FiniteGuard(["sum", "largest"])
    for losses in (GOOD, torch.tensor([float("inf"), 1.0])):
        guard.watch(losses.cuda(), ONES.cuda(), [(row * losses[0]).cuda() for row in ROWS], IDS)
        if losses is GOOD:
            guard.check(6)
    assert "for 3 of 3 rows: a, b, c" in message_of(guard)
