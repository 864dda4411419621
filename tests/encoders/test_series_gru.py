import torch
from torch import nn

from mmfusion.encoders.series_gru import SeriesGRU
from tests.encoders.inputs import LENGTHS, SERIES


def test_f_is_h_n_of_the_row_alone():
    encoder = SeriesGRU(2, hidden=5).eval()
    plain = nn.GRU(5, 5, batch_first=True)
    plain.load_state_dict(encoder.recurrent.rnn.state_dict())
    for row, length in enumerate(LENGTHS):
        _, hidden = plain(encoder.project(SERIES.values[row : row + 1, :length]))
        torch.testing.assert_close(encoder(SERIES).pooled[row], hidden[0, 0])
