import pytest
import torch

from mmfusion.batch import Tokens
from mmfusion.encoders.rnn import RNN
from mmfusion.encoders.series_gru import SeriesGRU

LENGTHS = torch.tensor([3, 1])
CASES = {
    "words": (lambda **options: RNN(8, embedding=4, **options), Tokens(torch.tensor([[3, 4, 5], [6, 0, 0]]), LENGTHS)),
    "series": (lambda **options: SeriesGRU(2, **options), Tokens(torch.ones(2, 3, 2), LENGTHS)),
}


@pytest.mark.parametrize("case", CASES)
def test_parameters_are_drawn_in_the_order_of_the_way_of_the_data(case):
    make, _ = CASES[case]
    torch.manual_seed(0)
    encoder = make(hidden=5, cell="gru", bidirectional=True, pooling="attention")
    first = {"words": "embedding.weight", "series": "project.weight"}[case]
    names = [name for name in encoder.state_dict() if "bias" not in name]
    assert names[0] == first
    assert names[1].startswith("recurrent.rnn.weight_ih")
    assert names[-1] == "pool.score.weight"
    torch.manual_seed(0)
    again = make(hidden=5, cell="gru", bidirectional=True, pooling="last").state_dict()
    assert all(torch.equal(value, encoder.state_dict()[name]) for name, value in again.items())


@pytest.mark.parametrize("case", CASES)
def test_dropout_takes_the_same_features_of_vector_and_tokens(case):
    make, x = CASES[case]
    found = make(hidden=64, cell="gru", bidirectional=False, pooling="last", dropout=0.5).train()(x)
    assert torch.equal(found.pooled == 0, found.tokens[:, 0] == 0)
    assert 0.2 < (found.pooled == 0).float().mean() < 0.8
