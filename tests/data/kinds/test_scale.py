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


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.float16])
@pytest.mark.parametrize("sizes", [[1000], [1, 333, 666]])
def test_constant_features_have_deviation_one_whatever_rounding_leaves(dtype, sizes):
    values = torch.tensor([0.1, -7.3, 1e4 / 3], dtype=torch.float64).expand(1000, 3)
    assert moments(values.to(dtype).split(sizes))[1].tolist() == [1.0, 1.0, 1.0]


def test_seconds_since_1970_within_an_hour_are_not_constant():
    x = 1.7e9 + torch.arange(60, dtype=torch.float64)[:, None]
    torch.testing.assert_close(moments([x])[1], x.std(0, correction=0))


def test_another_value_than_trainings_only_one_does_not_explode():
    scale = Scale()
    scale.fit([torch.full((100, 1), 0.1)])
    assert scale(torch.tensor([[0.3]])).abs() < 1


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
