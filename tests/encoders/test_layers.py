import pytest
import torch
from torch import nn

from mmfusion.encoders.layers import fully_connected

X = torch.randn(4, 3, generator=torch.Generator().manual_seed(0))


def test_one_layer_is_relu_of_a_normalised_linear():
    layers, width = fully_connected(3, [5], dropout=0.5)
    y = X @ layers[0].weight.T + layers[0].bias
    y = (y - y.mean(1, keepdim=True)) / (y.var(1, correction=0, keepdim=True) + 1e-5).sqrt()
    torch.testing.assert_close(layers.eval()(X), y.clamp(min=0))
    assert width == 5


def test_layers_follow_each_other_and_the_last_width_is_told():
    layers, width = fully_connected(3, [5, 2, 7], dropout=0.1)
    assert width == 7
    sizes = [(layer.in_features, layer.out_features) for layer in layers if isinstance(layer, nn.Linear)]
    assert sizes == [(3, 5), (5, 2), (2, 7)]
    assert layers(X).shape == (4, 7)


def test_none_is_the_identity():
    layers, width = fully_connected(3, [], dropout=0.5)
    assert width == 3
    assert torch.equal(layers(X), X)


def test_features_are_dropped_in_training_alone():
    torch.manual_seed(0)
    layers, _ = fully_connected(3, [1000], dropout=0.25)
    whole = layers.eval()(X)
    found = layers.train()(X)
    kept = (found != 0)[whole > 0]
    assert kept.float().mean().item() == pytest.approx(0.75, abs=0.05)
    torch.testing.assert_close(found[found != 0], (whole / 0.75)[found != 0])
