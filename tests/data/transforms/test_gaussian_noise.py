import pytest
import torch

from mmfusion.data.transforms.gaussian_noise import GaussianNoise
from tests.data.transforms.seeded import check_random, seeded


def test_has_its_deviation():
    noise = seeded(GaussianNoise(1.5), torch.zeros(10_000))
    assert noise.std() == pytest.approx(1.5, rel=0.03)
    assert noise.mean() == pytest.approx(0.0, abs=0.05)


def test_zero_changes_nothing():
    x = torch.arange(5.0)
    assert torch.equal(seeded(GaussianNoise(0.0), x), x)


def test_random_by_the_seed_alone():
    check_random(GaussianNoise(1.0), torch.ones(9, 2))
