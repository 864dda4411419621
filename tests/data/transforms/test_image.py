import pytest
import torch

from mmfusion.batch import Tokens
from mmfusion.data.transforms.horizontal_flip import HorizontalFlip
from mmfusion.data.transforms.random_crop import RandomCrop


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def images(batch=64):
    return torch.randn(batch, 3, 5, 7, generator=generator(9))


def test_flip_mirrors_some_rows_and_leaves_the_others():
    x = images()
    flipped = HorizontalFlip(0.5)(x, generator())
    mirrored = [bool(torch.equal(a, b.flip(-1))) for a, b in zip(flipped, x, strict=True)]
    same = [bool(torch.equal(a, b)) for a, b in zip(flipped, x, strict=True)]
    assert all(m != s for m, s in zip(mirrored, same, strict=True))
    assert 15 < sum(mirrored) < 49


@pytest.mark.parametrize("p", [0.0, 1.0])
def test_flip_never_and_always(p):
    x = images()
    assert torch.equal(HorizontalFlip(p)(x, generator()), x.flip(-1) if p else x)


def test_crop_is_a_shift_with_zeros_at_the_border():
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


def test_crop_without_padding_changes_nothing():
    x = images()
    assert torch.equal(RandomCrop(0)(x, generator()), x)


@pytest.mark.parametrize("transform", [HorizontalFlip(), RandomCrop(1)])
def test_same_generator_same_result_and_input_untouched(transform):
    x = images()
    before = x.clone()
    assert torch.equal(transform(x, generator(1)), transform(x, generator(1)))
    assert not torch.equal(transform(x, generator(1)), transform(x, generator(2)))
    assert torch.equal(x, before)


@pytest.mark.parametrize("transform", [HorizontalFlip(), RandomCrop(1)])
def test_only_images(transform):
    with pytest.raises(ValueError, match=r"expected images \[B, C, H, W\]"):
        transform(Tokens(torch.zeros(1, 2), torch.tensor([2])), generator())


def test_wrong_options():
    with pytest.raises(ValueError, match="p must lie in 0…1, found 2"):
        HorizontalFlip(2)
    with pytest.raises(ValueError, match="padding must be at least 0, found -1"):
        RandomCrop(-1)
