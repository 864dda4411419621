import pytest
import torch
from torch import nn

from mmfusion.encoders.norms import group_norm, groups_of, norm2d


@pytest.mark.parametrize(("channels", "groups"), [(1, 1), (8, 1), (16, 1), (32, 2), (64, 4), (48, 3), (40, 2), (37, 1)])
def test_groups_divide_the_channels(channels, groups):
    assert groups_of(channels) == groups
    assert channels % groups == 0
    assert group_norm(channels)(torch.randn(2, channels, 3, 3)).shape == (2, channels, 3, 3)


def test_by_name():
    assert isinstance(norm2d("group", 32), nn.GroupNorm)
    assert isinstance(norm2d("batch", 32), nn.BatchNorm2d)
    assert isinstance(norm2d("none", 32), nn.Identity)
