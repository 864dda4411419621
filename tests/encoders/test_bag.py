import pytest
import torch

from mmfusion.batch import Tokens
from mmfusion.encoders.bag import Bag
from tests.encoders.checks import (
    check_absent,
    check_alone,
    check_never_waits,
    check_padding,
    check_rows_apart,
    check_shapes,
)
from tests.helpers.properties import check_all, check_gradients

IDS = torch.tensor([[3, 4, 5, 0, 0], [6, 0, 0, 0, 0], [2, 3, 2, 3, 2], [7, 1, 6, 5, 0]])
WORDS = Tokens(IDS, torch.tensor([3, 1, 5, 4]))


def test_properties():
    check_all(lambda: Bag(8, embedding=4), WORDS, parameters=8 * 4)
    check_rows_apart(lambda: Bag(8, embedding=4), WORDS)
    check_never_waits(lambda: Bag(8, embedding=4), WORDS)


def test_is_the_mean_of_the_words():
    encoder = Bag(8, embedding=4).eval()
    found = encoder(WORDS).pooled
    for row, length in enumerate(WORDS.lengths):
        torch.testing.assert_close(found[row], encoder.embedding.weight[IDS[row, :length]].mean(0))


def test_word_order_does_not_matter():
    encoder = Bag(8, embedding=4).eval()
    lengths = torch.tensor([3])
    there, back = encoder(Tokens(IDS[:1, :3], lengths)), encoder(Tokens(IDS[:1, :3].flip(1), lengths))
    torch.testing.assert_close(there.pooled, back.pooled)


@pytest.mark.parametrize("pooling", ["mean", "max", "attention"])
def test_padding(pooling):
    def make() -> Bag:
        return Bag(8, embedding=4, pooling=pooling)

    check_padding(make, WORDS, extra=3, atol=1e-6)
    check_alone(make, WORDS, atol=1e-6)
    check_absent(make, WORDS)
    check_gradients(make, WORDS)
    check_shapes(make(), WORDS, positions=5)
