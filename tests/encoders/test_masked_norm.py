from unittest.mock import patch

import pytest
import torch
from torch.nn.functional import group_norm

from mmfusion.encoders.masked_norm import masked_group_norm

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
