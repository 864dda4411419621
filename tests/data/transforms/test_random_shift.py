import pytest
import torch

from mmfusion.data.transforms.random_shift import RandomShift
from tests.data.transforms.seeded import check_random, seeded


@pytest.mark.parametrize(("length", "limit"), [(10, 2), (4, 1), (3, 0)])
def test_a_row_moves_within_its_own_length(length, limit):
    x = torch.arange(1.0, length + 1)
    shifts = set()
    for seed in range(100):
        row = seeded(RandomShift(0.25), x, seed).tolist()
        (shift,) = [
            k for k in range(1 - length, length) if row == [0.0] * k + x[max(0, -k) : length - k].tolist() + [0.0] * -k
        ]
        shifts.add(shift)
    assert shifts == set(range(-limit, limit + 1))


def test_random_by_the_seed_alone():
    check_random(RandomShift(0.3), torch.arange(20.0).view(10, 2))
