import torch

from mmfusion.encoders.features_mlp import FeaturesMLP
from tests.encoders.inputs import SEQUENCES, VECTORS


def test_nothing_hidden_is_the_identity():
    encoder = FeaturesMLP(3, False, hidden=[])
    assert torch.equal(encoder(VECTORS).pooled, VECTORS)
    assert encoder.dim == 3
    assert not list(encoder.parameters())


def test_sequences_are_pooled_over_their_own_length():
    encoder = FeaturesMLP(3, True, hidden=[])
    pooled = encoder(SEQUENCES).pooled
    for row, length in enumerate(SEQUENCES.lengths):
        torch.testing.assert_close(pooled[row], SEQUENCES.values[row, :length].mean(0))
