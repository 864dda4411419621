from __future__ import annotations

import math
from types import SimpleNamespace

import pytest
import torch

from mmfusion.training.losses import row_losses, split_counts, task_losses
from tests.training import small

TASKS = small.make_tasks()


def outputs_of(batch, weight: float = 1.0) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(5)
    return {
        name: (weight * torch.randn(len(batch), task.dim, generator=generator)).requires_grad_()
        for name, task in TASKS.items()
    }


def test_each_loss_is_the_mean_over_the_rows_with_a_label():
    batch = small.make_batch(6)
    batch.labelled["kind"][[0, 4]] = False
    batch.labelled["age"][1:] = False
    batch.present["b"][2] = False
    outputs = outputs_of(batch)
    losses = task_losses(TASKS, outputs, batch, ["a", "b"])

    for i, (name, task) in enumerate(TASKS.items()):
        has = batch.labelled[name]
        expected = task.loss(outputs[name][has], batch.targets[name][has])
        torch.testing.assert_close(losses.means[i], expected.mean())
        torch.testing.assert_close(losses.sums[i], expected.sum())
        (expected_grad,) = torch.autograd.grad(expected.mean(), outputs[name])
        (grad,) = torch.autograd.grad(losses.means[i], outputs[name], retain_graph=True)
        torch.testing.assert_close(grad, expected_grad)
    assert losses.labels.tolist() == [4, 6, 1]
    sums, labels, present, rows = split_counts(losses.counts, len(losses.sums))
    torch.testing.assert_close(sums, torch.stack(losses.sums))
    assert (labels.tolist(), present.tolist(), rows.item()) == ([4, 6, 1], [6, 5], 6)


def test_a_task_without_labels_is_a_connected_zero():
    batch = small.make_batch(4)
    batch.labelled["sick"][:] = False
    outputs = outputs_of(batch)
    losses = task_losses(TASKS, outputs, batch, ["a"])
    assert losses.active.tolist() == [True, False, True]
    assert losses.means[1] == 0
    losses.means.sum().backward()
    assert torch.equal(outputs["sick"].grad, torch.zeros(4, 1))


@pytest.mark.parametrize(("fill", "value"), [(math.nan, 1e30), (math.inf, math.nan), (-1e30, math.inf)])
def test_neither_fill_nor_output_of_an_unlabelled_row_reaches_the_loss(fill, value):
    task, has = TASKS["age"], torch.tensor([True, False, True])
    output = torch.tensor([[0.5], [value], [-1.0]], requires_grad=True)
    total = row_losses(task, output, torch.tensor([1.0, fill, 2.0]), has).sum()
    total.backward()
    torch.testing.assert_close(total, task.loss(output.detach()[has], torch.tensor([1.0, 2.0])).sum())
    assert output.grad.isfinite().all()
    assert output.grad[1] == 0


def test_a_class_number_that_fills_a_row_is_not_looked_up():
    output = torch.zeros(2, 3, requires_grad=True)
    rows = row_losses(TASKS["kind"], output, torch.tensor([-100, 1]), torch.tensor([False, True]))
    assert rows.tolist() == pytest.approx([0.0, math.log(3)])


@pytest.mark.parametrize(
    ("given", "dtype"),
    [(torch.bfloat16, torch.float32), (torch.float64, torch.float64), (torch.float32, torch.float32)],
)
def test_losses_are_float32_under_autocast_and_stay_float64(given, dtype):
    task = SimpleNamespace(loss=lambda output, target: output[:, 0] - target)
    rows = row_losses(
        task, torch.full((2, 1), 0.1, dtype=given), torch.zeros(2, dtype=given), torch.tensor([True, True])
    )
    assert rows.dtype == dtype
