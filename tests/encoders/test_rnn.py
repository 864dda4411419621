import pytest
import torch
from torch import nn

from mmfusion.batch import Tokens
from mmfusion.encoders.rnn import RNN
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


def small(**options) -> RNN:
    return RNN(8, **{"embedding": 4, "hidden": 5, "bidirectional": False, "pooling": "last", **options})


# An LSTM has 4 gates and a GRU 3, each with weights of input and state and two biases.
@pytest.mark.parametrize(("cell", "gates"), [("lstm", 4), ("gru", 3)])
def test_properties(cell, gates):
    # Dynamo breaks the graph at nn.LSTM and nn.GRU and runs them as they are.
    check_all(lambda: small(cell=cell), WORDS, parameters=8 * 4 + gates * (4 * 5 + 5 * 5 + 2 * 5), fullgraph=False)
    check_rows_apart(lambda: small(cell=cell), WORDS)


@pytest.mark.parametrize("pooling", ["last", "mean", "max", "attention"])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_padding_changes_no_bit(pooling, bidirectional):
    def make() -> RNN:
        return small(pooling=pooling, bidirectional=bidirectional)

    check_padding(make, WORDS, extra=3, atol=0.0 if pooling == "last" else 1e-6)
    check_alone(make, WORDS, atol=1e-6)
    check_absent(make, WORDS)
    check_gradients(make, WORDS)
    check_shapes(make(), WORDS, positions=5)
    assert make().dim == (10 if bidirectional else 5)


@pytest.mark.parametrize("pooling", ["last", "max"])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_nothing_waits_for_a_device(pooling, bidirectional):
    check_never_waits(lambda: small(pooling=pooling, bidirectional=bidirectional), WORDS)


def test_f_is_h_n_of_the_row_alone():
    encoder = small().eval()
    plain = nn.LSTM(4, 5, batch_first=True)
    plain.load_state_dict(encoder.recurrent.rnn.state_dict())
    for row, length in enumerate(WORDS.lengths):
        _, (hidden, _) = plain(encoder.embedding(IDS[row : row + 1, :length]))
        torch.testing.assert_close(encoder(WORDS).pooled[row], hidden[0, 0])


def test_order_matters():
    encoder = small().eval()
    lengths = torch.tensor([2])
    there, back = encoder(Tokens(IDS[:1, :2], lengths)), encoder(Tokens(IDS[:1, :2].flip(1), lengths))
    assert not torch.allclose(there.pooled, back.pooled)
