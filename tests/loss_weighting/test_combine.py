from __future__ import annotations

import pytest
import torch
from torch import nn

from mmfusion.loss_weighting._combine import Float32State, weighted_total


def test_the_total_and_the_weights_by_hand():
    losses = torch.tensor([2.0, 3.0, 5.0], requires_grad=True)
    weights = torch.tensor([0.5, 2.0, 4.0], requires_grad=True)
    total, used = weighted_total(losses, weights, torch.tensor([True, False, True]))
    assert total == 0.5 * 2 + 4 * 5
    assert used.tolist() == [0.5, 0.0, 4.0], "the others keep their size"
    total.backward()
    assert losses.grad.tolist() == [0.5, 0.0, 4.0]
    assert weights.grad is None
    assert not used.requires_grad


def test_without_an_active_task_the_total_is_a_zero_that_can_be_differentiated():
    losses = torch.tensor([2.0, 3.0], requires_grad=True)
    total, used = weighted_total(losses, torch.ones(2), torch.tensor([False, False]))
    total.backward()
    assert (total, used.tolist(), losses.grad.tolist()) == (0, [0.0, 0.0], [0.0, 0.0])


class State(Float32State):
    def __init__(self) -> None:
        super().__init__()
        self.theta = nn.Parameter(torch.tensor([0.1, 1 / 3]))
        self.register_buffer("mean", torch.tensor([1 + 2**-20]))
        self.register_buffer("steps", torch.tensor(3))


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float64])
def test_a_cast_changes_neither_the_type_nor_a_bit(dtype):
    state, before = State(), State()
    holder = nn.Sequential(nn.Linear(1, 1), state).to(dtype)
    assert holder[0].weight.dtype == dtype, "what is beside it is cast"
    assert (state.theta.dtype, state.mean.dtype, state.steps.dtype) == (torch.float32, torch.float32, torch.int64)
    for name, value in before.state_dict().items():
        assert torch.equal(state.state_dict()[name], value)


def test_it_changes_its_device_also_with_a_cast():
    for state in (State().to("meta"), State().to("meta", torch.bfloat16)):
        assert {value.device.type for value in state.state_dict().values()} == {"meta"}
        assert state.theta.dtype == torch.float32
        assert isinstance(state.theta, nn.Parameter)
