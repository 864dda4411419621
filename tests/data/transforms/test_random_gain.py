import pytest
import torch

from mmfusion.data.transforms.random_gain import RandomGain
from tests.data.transforms.cases import check_random, generator, waves


def test_one_number_a_row_within_its_range():
    x = waves()
    gains = RandomGain(-6.0, 6.0)(x, generator()).values[x.lengths > 0]
    assert all(len(row[row > 0].unique()) == 1 for row in gains)
    decibels = 20 * gains.amax(1).log10()
    assert -6 <= decibels.min() < -5
    assert 5 < decibels.max() <= 6


def test_random_by_its_generator_alone():
    check_random(RandomGain(), waves())


def test_what_is_refused():
    with pytest.raises(ValueError, match="expected waveforms"):
        RandomGain()(torch.zeros(1, 2), generator())
    with pytest.raises(ValueError, match="low must not exceed high, found 1 and -1"):
        RandomGain(1, -1)
