from __future__ import annotations

import pytest
import torch

from mmfusion.training.gradients import PLACES, cosines, gramian, norms
from mmfusion.training.losses import task_losses
from tests.training import small


def forward(media: bool = False):
    module = small.make_module(media=media)
    batch = small.make_batch(7, media=media)
    batch.labelled["kind"][[0, 4]] = False
    batch.labelled["age"][1:] = False
    streams = module.model.represent(batch.inputs, batch.present)
    losses = task_losses(module.tasks, module.model.decide(streams, batch.present), batch, module.modalities)
    return module.model, streams, losses


def places(model, streams, place: str) -> list[torch.Tensor]:
    if place == "representation":
        return list(streams.values())
    return model.last_layer() if place == "last_shared_layer" else model.shared_parameters()


@pytest.mark.parametrize(("place", "media"), [*((place, False) for place in PLACES), ("last_shared_layer", True)])
def test_it_is_the_product_of_the_losses_gradients(place, media):
    model, streams, losses = forward(media)
    at = places(model, streams, place)
    rows = []
    for loss in losses.means:
        gram = torch.autograd.grad(loss, at, retain_graph=True, allow_unused=True)
        rows.append(
            torch.cat([torch.zeros(x.numel()) if g is None else g.flatten() for x, g in zip(at, gram, strict=True)])
        )
    jacobian = torch.stack(rows)
    result = gramian(losses.sums, losses.labels, at, place == "representation")
    torch.testing.assert_close(result, jacobian @ jacobian.T)
    assert not result.requires_grad
    torch.testing.assert_close(norms(result), jacobian.norm(dim=1))
    unit = jacobian / jacobian.norm(dim=1, keepdim=True)
    torch.testing.assert_close(cosines(result), unit @ unit.T)


def test_the_one_backward_pass_afterwards_counts_nothing_twice():
    # A peer keeps graphs in a way that adds the gradients of its probing to those of the step.
    model, _, losses = forward()
    losses.means.sum().backward()
    expected = [p.grad.clone() for p in model.parameters()]

    model, streams, losses = forward()
    gramian(losses.sums, losses.labels, places(model, streams, "shared"), of_rows=False)
    assert all(p.grad is None for p in model.parameters())
    losses.means.sum().backward()
    for parameter, grad in zip(model.parameters(), expected, strict=True):
        assert torch.equal(parameter.grad, grad)


def test_a_task_that_does_not_depend_on_a_place_has_no_gradient_there():
    x, y = torch.ones(2, requires_grad=True), torch.ones(3, requires_grad=True)
    gram = gramian([x.sum(), (2 * y).sum()], torch.tensor([1.0, 2.0]), [x, y], of_rows=True)
    assert gram.tolist() == [[2.0, 0.0], [0.0, 3.0]]


def test_a_task_without_labels_has_a_gradient_of_zero_and_no_angle():
    batch = small.make_batch(5)
    batch.labelled["sick"][:] = False
    module = small.make_module()
    streams = module.model.represent(batch.inputs, batch.present)
    losses = task_losses(module.tasks, module.model.decide(streams, batch.present), batch, module.modalities)
    gram = gramian(losses.sums, losses.labels, list(streams.values()), of_rows=True)
    assert gram[1].tolist() == gram[:, 1].tolist() == [0, 0, 0]
    assert cosines(gram)[1].tolist() == [0, 0, 0]
    assert gram.isfinite().all()


def test_it_is_float32_within_bf16_autocast():
    x = torch.linspace(0.1, 1.0, 7, requires_grad=True)
    expected = gramian([(x * x).sum(), x.sum()], torch.ones(2), [x], of_rows=True)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(gramian([(x * x).sum(), x.sum()], torch.ones(2), [x], of_rows=True), expected)


def test_gradients_too_small_for_float16_are_not_lost():
    # 1/n of each row's gradient is below float16's smallest number; the sum's gradient is not.
    x = torch.ones(4, dtype=torch.float16, requires_grad=True)
    gram = gramian([(x * 1e-3).sum().float()], torch.tensor([1e6]), [x], of_rows=True)
    assert gram.item() == pytest.approx(4 * 1e-18, rel=1e-2)
