import pytest
import torch
from torch import nn

from mmfusion.batch import Tokens
from mmfusion.encoders.series_gru import SeriesGRU
from tests.encoders.checks import (
    check_absent,
    check_alone,
    check_never_waits,
    check_padding,
    check_rows_apart,
    check_shapes,
)
from tests.helpers.properties import check_all, check_gradients

LENGTHS = torch.tensor([3, 1, 5, 4])
SERIES = Tokens(torch.randn(4, 5, 2, generator=torch.Generator().manual_seed(0)), LENGTHS)
SERIES.values[~SERIES.mask()] = 0


def small(**options) -> SeriesGRU:
    return SeriesGRU(2, **{"hidden": 5, **options})


def test_properties():
    check_all(small, SERIES, parameters=2 * 5 + 5 + 3 * (5 * 5 + 5 * 5 + 2 * 5), fullgraph=False)
    check_rows_apart(small, SERIES)


@pytest.mark.parametrize("pooling", ["last", "mean", "max", "attention"])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_padding(pooling, bidirectional):
    def make() -> SeriesGRU:
        return small(pooling=pooling, bidirectional=bidirectional)

    check_padding(make, SERIES, extra=3, atol=1e-6)
    check_alone(make, SERIES, atol=1e-6)
    check_absent(make, SERIES)
    check_gradients(make, SERIES)
    check_shapes(make(), SERIES, positions=5)


@pytest.mark.parametrize("pooling", ["last", "max"])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_nothing_waits_for_a_device(pooling, bidirectional):
    check_never_waits(lambda: small(pooling=pooling, bidirectional=bidirectional), SERIES)


def test_f_is_h_n_of_the_row_alone():
    encoder = small().eval()
    plain = nn.GRU(5, 5, batch_first=True)
    plain.load_state_dict(encoder.recurrent.rnn.state_dict())
    for row, length in enumerate(LENGTHS):
        _, hidden = plain(encoder.project(SERIES.values[row : row + 1, :length]))
        torch.testing.assert_close(encoder(SERIES).pooled[row], hidden[0, 0])


def test_lstm():
    check_gradients(lambda: small(cell="lstm", layers=2), SERIES)
