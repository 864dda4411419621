import pytest
import torch

from mmfusion.data.transforms.random_gain import RandomGain
from tests.data.transforms.seeded import check_random, seeded


def test_one_number_a_row_within_its_range():
    rows = torch.stack([seeded(RandomGain(-6.0, 6.0), torch.ones(9), seed) for seed in range(200)])
    assert (rows == rows[:, :1]).all()
    decibels = 20 * rows[:, 0].log10()
    assert -6 <= decibels.min() < -5
    assert 5 < decibels.max() <= 6


def test_random_by_the_seed_alone():
    check_random(RandomGain(), torch.ones(9))


def test_what_is_refused():
    with pytest.raises(ValueError, match="low must not exceed high, found 1 and -1"):
        RandomGain(1, -1)
