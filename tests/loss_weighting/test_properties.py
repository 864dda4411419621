"""What holds for every loss weighting: each test runs over all of `conf/loss_weighting`."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
import torch
import yaml

from mmfusion.config.instantiate import instantiate

CONFIGS = sorted(Path(__file__).parents[2].joinpath("conf/loss_weighting").glob("*.yaml"))
TASKS = ["depth", "normal", "scene"]
ALL = torch.ones(3, dtype=torch.bool)
KEEPS_SUM = ("equal", "dwa", "gradnorm")  # their weights sum to T


def build(name: str, tasks=TASKS):
    node = yaml.safe_load(next(path for path in CONFIGS if path.stem == name).read_text())
    return instantiate(node, tasks=tasks, regressions=["depth"])


def inputs(step: int, dtype: torch.dtype = torch.float32, scale: float = 1.0):
    """Losses that fall at different rates, as leaves, and the Gramian of random gradients of different sizes."""
    generator = torch.Generator().manual_seed(step)
    losses = torch.tensor([2.0, 1.0, 0.5]) * torch.tensor([0.9, 0.97, 1.0]) ** step
    losses = losses + 0.05 * torch.rand(3, generator=generator)
    jacobian = torch.randn(3, 7, generator=generator) * torch.tensor([[scale], [1.0], [0.1]])
    gramian = (jacobian[:, None] * jacobian).sum(-1)  # no matrix product: autocast would round it
    return losses.to(dtype).requires_grad_(), gramian


def train(weighting, steps: range, active: torch.Tensor = ALL, per_epoch: int = 4, **kwargs):
    """The weights of each step; an epoch ends after every `per_epoch` steps."""
    used = []
    for step in steps:
        losses, gramian = inputs(step, **kwargs)
        total, weights = weighting(losses, gramian if weighting.needs_gramian else None, active)
        assert total.isfinite()
        weighting.end_step()
        used.append(weights)
        if (step + 1) % per_epoch == 0:
            weighting.on_epoch_start()
    return torch.stack(used)


def moved(weighting) -> None:
    """Take any learned parameters away from where they start."""
    with torch.no_grad():
        for i, parameter in enumerate(weighting.parameters()):
            parameter.copy_(torch.linspace(-0.5, 0.7, parameter.numel()) + i)


@pytest.fixture(params=[path.stem for path in CONFIGS])
def name(request) -> str:
    return request.param


def test_the_total_has_the_weights_as_its_gradient(name):
    weighting = build(name)
    moved(weighting)
    train(weighting, range(9))
    losses, gramian = inputs(9)
    total, weights = weighting(losses, gramian, ALL)
    total.backward()
    torch.testing.assert_close(losses.grad, weights)
    assert not weights.requires_grad
    assert total.shape == ()
    assert weights.shape == (3,)
    assert weights.dtype == torch.float32


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e4])
def test_weights_are_positive_and_keep_their_sum(name, scale):
    weights = train(build(name), range(60), scale=scale)
    assert (weights > 0).all()
    if name in KEEPS_SUM:
        torch.testing.assert_close(weights.sum(1), torch.full((60,), 3.0), rtol=1e-5, atol=0)


def test_tasks_may_come_in_any_order(name):
    order = torch.tensor([2, 0, 1])
    weighting, other = build(name), build(name, [TASKS[i] for i in order])
    for step in range(9):
        losses, gramian = inputs(step)
        expected = weighting(losses, gramian, ALL)
        result = other(losses[order], gramian[order][:, order], ALL)
        torch.testing.assert_close(result[0], expected[0])
        torch.testing.assert_close(result[1], expected[1][order])
        weighting.end_step()
        other.end_step()
        if step % 3 == 2:
            weighting.on_epoch_start()
            other.on_epoch_start()


@pytest.mark.parametrize("active", [[True, False, True], [False, False, False]])
def test_a_task_without_labels_weighs_nothing_and_moves_nothing(name, active):
    weighting = build(name)
    moved(weighting)
    train(weighting, range(9))
    before = {key: value.clone() for key, value in weighting.state_dict().items()}
    losses, gramian = inputs(9)
    used = weighting(losses, gramian, ALL)[1]
    weighting.load_state_dict(before)

    active = torch.tensor(active)
    without = losses * active
    total, weights = weighting(without, gramian * active * active[:, None], active)
    total.backward()
    weighting.end_step()
    assert not weights[~active].any()
    torch.testing.assert_close(weights[active], used[active])
    assert all(p.grad.isfinite().all() and not p.grad[~active].any() for p in weighting.parameters())
    for key, value in weighting.state_dict().items():
        torch.testing.assert_close(value[..., ~active], before[key][..., ~active], rtol=0, atol=0, equal_nan=True)


def test_a_checkpoint_carries_the_state_bit_for_bit(name, tmp_path):
    straight = build(name)
    expected = train(straight, range(22))[11:]
    first = build(name)
    train(first, range(11))  # in the middle of an epoch
    torch.save(first.state_dict(), tmp_path / "state.pt")
    resumed = build(name)
    resumed.load_state_dict(torch.load(tmp_path / "state.pt", weights_only=True))
    assert torch.equal(train(resumed, range(11, 22)), expected)


def test_the_state_moves_in_training_only(name):
    weighting = build(name)
    train(weighting, range(9))
    before = copy.deepcopy(weighting.state_dict())
    weighting.eval()
    train(weighting, range(9, 11), per_epoch=100)
    for key, value in weighting.state_dict().items():
        torch.testing.assert_close(value, before[key], rtol=0, atol=0, equal_nan=True)


def test_losses_in_bfloat16_and_a_cast_of_the_module(name):
    expected = train(build(name), range(12))
    with torch.autocast("cpu", torch.bfloat16):
        torch.testing.assert_close(train(build(name), range(12)), expected, rtol=0, atol=0)
    torch.testing.assert_close(train(build(name), range(12), dtype=torch.bfloat16), expected, rtol=0.03, atol=0)
    torch.testing.assert_close(train(build(name).bfloat16(), range(12)), expected, rtol=0, atol=0)


def test_compiled_it_gives_the_same_numbers(name):
    torch.compiler.reset()
    expected = train(build(name), range(6), per_epoch=3)
    weighting = build(name)
    compiled = torch.compile(weighting, backend="aot_eager", fullgraph=True, dynamic=False)
    for each in ("needs_gramian", "end_step", "on_epoch_start"):
        setattr(compiled, each, getattr(weighting, each))
    torch.testing.assert_close(train(compiled, range(6), per_epoch=3), expected)
