import pytest
import torch

from mmfusion.data.transforms.gaussian_noise import GaussianNoise
from tests.data.transforms.cases import check_random, generator, images, waves, words


@pytest.mark.parametrize("x", [torch.zeros(50, 3, 8, 8), torch.zeros(50, 200)])
def test_has_its_deviation(x):
    noise = GaussianNoise(1.5)(x, generator())
    assert noise.std() == pytest.approx(1.5, rel=0.03)
    assert noise.mean() == pytest.approx(0.0, abs=0.05)


def test_zero_changes_nothing():
    x = images()
    assert torch.equal(GaussianNoise(0.0)(x, generator()), x)


def test_tokens_keep_their_lengths():
    x = waves()
    assert torch.equal(GaussianNoise(0.1)(x, generator()).lengths, x.lengths)


@pytest.mark.parametrize("x", [images(), waves()])
def test_random_by_its_generator_alone(x):
    check_random(GaussianNoise(1.0), x)


def test_what_is_refused():
    with pytest.raises(ValueError, match="noise makes no sense on token ids"):
        GaussianNoise(1.0)(words(), generator())
    with pytest.raises(ValueError, match="std must be at least 0, found -1"):
        GaussianNoise(-1)
