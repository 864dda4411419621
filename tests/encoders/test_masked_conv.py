from math import ceil

import pytest
import torch
from torch import nn

from mmfusion.encoders.masked_conv import MaskedGroupNorm, MaskedLayerNorm, MaskedStage
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
