import pytest
import torch

from mmfusion.data.kinds._scale import Scale, moments


@pytest.mark.parametrize("sizes", [[10], [1, 9], [3, 0, 3, 4]])
def test_moments_do_not_depend_on_chunks(sizes):
    x = torch.randn(10, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64) + 1e6
    mean, deviation = moments(x.split(sizes))
    torch.testing.assert_close(mean, x.mean(0))
    torch.testing.assert_close(deviation, x.std(0, correction=0))


def test_constant_features_have_deviation_one():
    mean, deviation = moments([torch.full((4, 1), 7.0)])
    assert (mean.item(), deviation.item()) == (7.0, 1.0)


def test_scale_is_the_identity_until_fitted_or_if_disabled():
    x = torch.rand(4, 2)
    off = Scale(enabled=False)
    off.fit([x])
    assert torch.equal(off(x), x)
    assert torch.equal(Scale()(x), x)


def test_state_travels():
    x = torch.rand(4, 2)
    scale, other = Scale(), Scale()
    scale.fit([x])
    other.load_state(scale.state())
    assert torch.equal(scale(x), other(x))
