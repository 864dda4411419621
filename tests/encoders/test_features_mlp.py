import pytest
import torch

from mmfusion.batch import Tokens
from mmfusion.encoders.features_mlp import FeaturesMLP
from tests.encoders.checks import (
    check_absent,
    check_alone,
    check_never_waits,
    check_padding,
    check_rows_apart,
    check_shapes,
)
from tests.helpers.properties import check_all, check_gradients

VECTORS = torch.randn(4, 3, generator=torch.Generator().manual_seed(0))
SEQUENCES = Tokens(torch.randn(4, 5, 3, generator=torch.Generator().manual_seed(1)), torch.tensor([3, 1, 5, 4]))


def test_properties_with_vectors():
    def make() -> FeaturesMLP:
        return FeaturesMLP(3, False, hidden=[6, 4])

    check_all(make, VECTORS, parameters=(3 * 6 + 6 + 2 * 6) + (6 * 4 + 4 + 2 * 4))
    check_rows_apart(make, VECTORS)
    check_absent(make, VECTORS)
    check_shapes(make(), VECTORS, positions=1)


def test_properties_with_sequences():
    def make() -> FeaturesMLP:
        return FeaturesMLP(3, True, hidden=[4])

    check_all(make, SEQUENCES, parameters=3 * 4 + 4 + 2 * 4)
    check_rows_apart(make, SEQUENCES)
    check_never_waits(make, SEQUENCES)
    check_shapes(make(), SEQUENCES, positions=5)


def test_nothing_hidden_is_the_identity():
    encoder = FeaturesMLP(3, False, hidden=[])
    assert torch.equal(encoder(VECTORS).pooled, VECTORS)
    assert encoder.dim == 3
    assert not list(encoder.parameters())


def test_sequences_are_pooled_over_their_own_length():
    encoder = FeaturesMLP(3, True, hidden=[])
    found = encoder(SEQUENCES).pooled
    for row, length in enumerate(SEQUENCES.lengths):
        torch.testing.assert_close(found[row], SEQUENCES.values[row, :length].mean(0))


@pytest.mark.parametrize("pooling", ["mean", "max", "attention", "first", "last"])
def test_padding(pooling):
    def make() -> FeaturesMLP:
        return FeaturesMLP(3, True, hidden=[4], pooling=pooling)

    check_padding(make, SEQUENCES, extra=3, atol=1e-6)
    check_alone(make, SEQUENCES, atol=1e-6)
    check_absent(make, SEQUENCES)
    check_gradients(make, SEQUENCES)
