import pytest
import torch
from torch import nn

from mmfusion.batch import Encoded
from mmfusion.encoders.layers import FeatureDropout, fully_connected, group_norm, norm_groups, per_stage

X = torch.randn(4, 3, generator=torch.Generator().manual_seed(0))


def test_one_layer_is_relu_of_a_normalised_linear():
    layers, width = fully_connected(3, [5], dropout=0.5)
    y = X @ layers[0].weight.T + layers[0].bias
    y = (y - y.mean(1, keepdim=True)) / (y.var(1, correction=0, keepdim=True) + 1e-5).sqrt()
    torch.testing.assert_close(layers.eval()(X), y.clamp(min=0))
    assert width == 5


def test_layers_follow_each_other_and_none_is_the_identity():
    layers, width = fully_connected(3, [5, 2, 7], dropout=0.1)
    sizes = [(layer.in_features, layer.out_features) for layer in layers if isinstance(layer, nn.Linear)]
    assert (sizes, width) == ([(3, 5), (5, 2), (2, 7)], 7)
    layers, width = fully_connected(3, [], dropout=0.5)
    assert width == 3
    assert torch.equal(layers(X), X)


def test_features_are_dropped_in_training_alone():
    torch.manual_seed(0)
    layers, _ = fully_connected(3, [1000], dropout=0.25)
    whole = layers.eval()(X)
    dropped = layers.train()(X)
    kept = (dropped != 0)[whole > 0]
    assert kept.float().mean().item() == pytest.approx(0.75, abs=0.05)
    torch.testing.assert_close(dropped[dropped != 0], (whole / 0.75)[dropped != 0])


ONES = Encoded(torch.ones(200, 50), torch.ones(200, 3, 50), torch.ones(200, 3, dtype=torch.bool))


def test_vector_and_tokens_lose_the_same_features():
    torch.manual_seed(0)
    out = FeatureDropout(0.2)(ONES)
    pooled, tokens = out.pooled, out.tokens
    assert out.mask is ONES.mask
    assert set(pooled.unique().tolist()) == {0.0, 1.25}
    assert torch.equal(tokens, pooled[:, None].expand(-1, 3, -1))
    assert abs((pooled == 0).float().mean().item() - 0.2) < 0.01
    assert not torch.equal(pooled[0], pooled[1])


def test_nothing_is_dropped_in_eval_mode_or_at_rate_zero():
    for module in (FeatureDropout(0.5).eval(), FeatureDropout(0.0)):
        assert module(ONES) is ONES


@pytest.mark.parametrize(("channels", "groups"), [(1, 1), (16, 1), (32, 2), (64, 4), (48, 3), (40, 2), (37, 1)])
def test_groups_divide_the_channels(channels, groups):
    assert norm_groups(channels) == groups == group_norm(channels).num_groups


def test_last_number_goes_on_and_the_last_stage_has_no_pool():
    stages = [(1, 8, 5, 2, 2), (8, 16, 3, 1, 2), (16, 32, 3, 1, 1)]
    assert per_stage(1, [8, 16, 32], [5, 3], [2, 1], [2]) == stages
    assert per_stage(3, [8], [3], [1], [2]) == [(3, 8, 3, 1, 1)]


@pytest.mark.parametrize(
    ("lists", "message"),
    [
        (([], [3], [1], [2]), "widths: expected one stage or more, found none"),
        (([8, 0], [3], [1], [2]), r"widths: expected 1 to 2 numbers of 1 or more \(one per width\), found \[8, 0\]"),
        (([8], [3, 3], [1], [2]), r"kernels: expected 1 to 1 numbers"),
        (([8], [2], [1], [2]), r"kernels: expected odd numbers, found \[2\]"),
        (([8], [3], [], [2]), r"strides: expected 1 to 1 numbers .* found \[\]"),
        (([8], [3], [1], [0]), r"pools: .* found \[0\]"),
    ],
)
def test_lists_that_do_not_fit(lists, message):
    with pytest.raises(ValueError, match=message):
        per_stage(1, *lists)
