import torch

from mmfusion.encoders.bag import Bag
from tests.encoders.inputs import IDS, WORDS


def test_is_the_mean_of_the_words():
    encoder = Bag(8, embedding=4).eval()
    pooled = encoder(WORDS).pooled
    for row, length in enumerate(WORDS.lengths):
        torch.testing.assert_close(pooled[row], encoder.embedding.weight[IDS[row, :length]].mean(0))
