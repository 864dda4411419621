import pytest
import torch
from torch import nn

from mmfusion.encoders.cnn import CNN


def image(rows: int = 4, channels: int = 2, side: int = 12) -> torch.Tensor:
    return torch.randn(rows, channels, side, side, generator=torch.Generator().manual_seed(0))


def small(**options) -> CNN:
    return CNN(2, **{"widths": [4, 6], "grid": 2, "dim": 5, **options})


def test_convolutions_have_the_shapes_of_the_lists():
    encoder = CNN(1, widths=[2, 3, 4], kernels=[5, 3], strides=[2, 1], pools=[1])
    convolutions = [m for m in encoder.modules() if isinstance(m, nn.Conv2d)]
    assert [(c.kernel_size[0], c.stride[0]) for c in convolutions] == [(5, 2), (3, 1), (3, 1)]
    assert not [m for m in encoder.modules() if isinstance(m, nn.MaxPool2d)]
    assert encoder.layers(image(channels=1)).shape == (4, 4, 6, 6)


def test_mean_pooling_is_the_mean_over_positions():
    encoder = small(pooling="mean").eval()
    out = encoder(image())
    torch.testing.assert_close(out.pooled, encoder.layers(image()).mean((2, 3)))
    torch.testing.assert_close(out.tokens, encoder.layers(image()).flatten(2).mT)


def test_mean_forgets_and_grid_keeps_where_something_is():
    spot = torch.zeros(2, 2, 24, 24)
    spot[0, :, 8:10, 8:10] = 1
    spot[1, :, 14:16, 14:16] = 1
    for pooling, keeps in (("mean", False), ("grid", True)):
        torch.manual_seed(0)
        pooled = small(pooling=pooling, norm="none").eval()(spot).pooled
        assert torch.allclose(pooled[0], pooled[1], atol=1e-5) != keeps


def test_image_too_small():
    with pytest.raises(ValueError, match=r"expected images of 4 x 4 pixels or more .* found 3 x 3"):
        CNN(1, widths=[2, 2], pools=[4])(image(channels=1, side=3))


def test_norms_by_name():
    kinds = [type(small(norm=name).layers[0][1]) for name in ("group", "batch", "none")]
    assert kinds == [nn.GroupNorm, nn.BatchNorm2d, nn.Identity]
