import torch
from torch import nn

from mmfusion.encoders.rnn import RNN
from tests.encoders.inputs import IDS, WORDS


def test_f_is_h_n_of_the_row_alone():
    encoder = RNN(8, embedding=4, hidden=5, bidirectional=False, pooling="last").eval()
    plain = nn.LSTM(4, 5, batch_first=True)
    plain.load_state_dict(encoder.recurrent.rnn.state_dict())
    for row, length in enumerate(WORDS.lengths):
        _, (hidden, _) = plain(encoder.embedding(IDS[row : row + 1, :length]))
        torch.testing.assert_close(encoder(WORDS).pooled[row], hidden[0, 0])
