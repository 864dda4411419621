import pytest
import torch

from mmfusion.data.transforms.random_crop import RandomCrop
from tests.data.transforms.cases import check_random, generator, images, waves


def test_a_shift_with_zeros_at_the_border():
    x = images(200)
    padding = 2
    cropped = RandomCrop(padding)(x, generator())
    padded = torch.nn.functional.pad(x, [padding] * 4)
    places = set()
    for row in range(len(x)):
        matches = [
            (top, left)
            for top in range(2 * padding + 1)
            for left in range(2 * padding + 1)
            if torch.equal(cropped[row], padded[row, :, top : top + 5, left : left + 7])
        ]
        assert len(matches) == 1
        places.add(matches[0])
    assert len(places) == 25


def test_without_padding_nothing_changes():
    x = images()
    assert torch.equal(RandomCrop(0)(x, generator()), x)


def test_random_by_its_generator_alone():
    check_random(RandomCrop(1), images())


def test_what_is_refused():
    with pytest.raises(ValueError, match=r"expected images \[B, C, H, W\]"):
        RandomCrop(1)(waves(), generator())
    with pytest.raises(ValueError, match="padding must be at least 0, found -1"):
        RandomCrop(-1)
