import torch

from mmfusion.batch import Tokens
from mmfusion.encoders.bag import Bag
from tests.encoders.inputs import IDS, WORDS


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
