from math import ceil
from unittest.mock import patch

import pytest
import torch
from torch import nn
from torch.nn.functional import group_norm

from mmfusion.encoders.masked_conv import MaskedGroupNorm, MaskedLayerNorm, MaskedStage, masked_group_norm
from tests.helpers.properties import check_all

FRAMES = torch.tensor([8, 5, 1])
CHANNELS = 32


def feature_map(channels: int = CHANNELS) -> torch.Tensor:
    values = torch.randn(3, channels, 8, 6, generator=torch.Generator().manual_seed(0))
    return values * (torch.arange(8) < FRAMES[:, None])[:, None, :, None]


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_group_norm_is_the_plain_one_on_each_row_alone(layout):
    masked, plain = MaskedGroupNorm(CHANNELS), nn.GroupNorm(2, CHANNELS)
    nn.init.normal_(plain.weight)
    nn.init.normal_(plain.bias)
    masked.load_state_dict(plain.state_dict())
    dirty = feature_map() + 5.0  # frames beyond a row's end must not count, whatever they hold
    result = masked(dirty.contiguous(memory_format=layout), FRAMES)
    for row, count in enumerate(FRAMES):
        expected = plain(dirty[row : row + 1, :, :count])[0]
        torch.testing.assert_close(result[row, :, :count], expected, atol=1e-4, rtol=1e-4)
        assert not result[row, :, count:].any()


def test_layer_norm_is_the_plain_one_at_each_point():
    result = MaskedLayerNorm(CHANNELS)(feature_map() + 5.0, FRAMES)
    plain = nn.functional.layer_norm((feature_map() + 5.0).permute(0, 2, 3, 1), (CHANNELS,)).permute(0, 3, 1, 2)
    for row, count in enumerate(FRAMES):
        torch.testing.assert_close(result[row, :, :count], plain[row, :, :count])
        assert not result[row, :, count:].any()


@pytest.mark.parametrize(
    ("norm", "shape"), [("group", (3, 1, 2)), ("group", (5, 2, 2)), ("layer", (3, 4, 1)), ("none", (1, 1, 1))]
)
def test_a_row_in_a_batch_equals_the_row_alone(norm, shape):
    _, stride, pool = shape
    stage = MaskedStage(4, 6, *shape, norm)
    result, frames = stage(feature_map(4), FRAMES)
    assert frames.tolist() == [ceil(ceil(n / stride) / pool) for n in FRAMES.tolist()]
    for row, (count, after) in enumerate(zip(FRAMES, frames, strict=True)):
        # The row alone, padded no further than the strides ask for.
        own = ceil(count / (stride * pool)) * stride * pool
        alone, _ = stage(feature_map(4)[row : row + 1, :, :own], FRAMES[row : row + 1])
        torch.testing.assert_close(result[row, :, :after], alone[0], atol=1e-5, rtol=1e-5)
        assert not result[row, :, after:].any()


@pytest.mark.parametrize(("norm", "parameters"), [("group", 2 * 32), ("layer", 2 * 32), ("none", 32)])
def test_properties(norm, parameters):
    check_all(lambda: MaskedStage(4, 32, 3, 1, 2, norm), feature_map(4), FRAMES, parameters=9 * 4 * 32 + parameters)


MASK = (torch.arange(5) < torch.tensor([[5], [3], [1]])).double()
GROUPS = pytest.mark.parametrize("groups", [1, 2, 4])


def inputs() -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    shapes = [(3, 5, 3, 4), (4,), (4,)]
    return [torch.randn(shape, generator=generator, dtype=torch.double).requires_grad_() for shape in shapes]


@GROUPS
def test_gradients_are_those_of_finite_differences(groups):
    assert torch.autograd.gradcheck(lambda *given: masked_group_norm(*given, MASK, groups, 1e-5), inputs())


@GROUPS
def test_what_a_compiler_sees_is_the_same(groups):
    given = inputs()
    normed = masked_group_norm(*given, MASK, groups, 1e-5)
    with patch("torch.compiler.is_compiling", return_value=True):
        plain = masked_group_norm(*given, MASK, groups, 1e-5)
    assert plain.grad_fn.name() != normed.grad_fn.name()
    assert torch.equal(normed, plain)
    weights = torch.randn_like(normed)
    gradients = [torch.autograd.grad((y * weights).sum(), given) for y in (normed, plain)]
    for a, b in zip(*gradients, strict=True):
        torch.testing.assert_close(a, b)


@pytest.mark.parametrize("offset", [0.0, 1e2, 1e4])
def test_a_mean_far_from_zero_costs_no_digits(offset):
    # `E[x²] - E[x]²` in float32 leaves nothing of a deviation of 1 beside a mean of 10,000.
    x, weight, bias = (each.detach().float() for each in inputs())
    x = (x + offset).requires_grad_()
    normed = masked_group_norm(x, weight, bias, MASK.float(), 2, 1e-5)
    normed.square().sum().backward()
    for row, frames in enumerate(MASK.sum(1).int().tolist()):
        alone = x.detach()[row : row + 1, :frames].double().requires_grad_()
        expected = group_norm(alone.permute(0, 3, 1, 2), 2, weight.double(), bias.double(), 1e-5).permute(0, 2, 3, 1)
        expected.square().sum().backward()
        torch.testing.assert_close(normed[row, :frames].double(), expected[0], atol=5e-3, rtol=1e-3)
        torch.testing.assert_close(x.grad[row, :frames].double(), alone.grad[0], atol=2e-2, rtol=1e-2)


def test_a_second_derivative_is_refused():
    x, weight, bias = inputs()
    y = masked_group_norm(x, weight, bias, MASK, 2, 1e-5)
    (gradient,) = torch.autograd.grad(y.square().sum(), x, create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        gradient.sum().backward()
