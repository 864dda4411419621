import pytest
import torch

from mmfusion.standardization import nonzero_deviation


@pytest.mark.parametrize("value", [0.0, 0.1, -7.3, 1e9, 1e-30])
def test_equal_values_are_divided_by_one(value):
    values = torch.full((1000,), value, dtype=torch.float64)
    rounding = (values - values.sum() / 1000 * (1 + 1e-16)).abs().max()
    assert nonzero_deviation(rounding, values.abs().max()) == 1.0


def test_small_deviations_of_small_values_count():
    small = torch.tensor([1e-12, 0.0])
    assert nonzero_deviation(small, torch.tensor([3e-12, 3e-12])).tolist() == [small[0].item(), 1.0]


def test_the_resolution_is_relative():
    deviation, largest = torch.tensor(1e-3, dtype=torch.float64), torch.tensor(1e6, dtype=torch.float64)
    assert nonzero_deviation(deviation, largest) == 1.0
    assert nonzero_deviation(deviation, largest, 1e-12) == deviation
