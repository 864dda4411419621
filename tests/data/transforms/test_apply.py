import pytest
import torch

from mmfusion.batch import Tokens
from mmfusion.data.transforms._apply import apply, apply_by_row, zeroed
from mmfusion.data.transforms._base import Transform
from mmfusion.data.transforms.gaussian_noise import GaussianNoise
from mmfusion.data.transforms.horizontal_flip import HorizontalFlip
from mmfusion.data.transforms.random_crop import RandomCrop
from mmfusion.data.transforms.random_gain import RandomGain
from mmfusion.data.transforms.random_shift import RandomShift
from mmfusion.data.transforms.word_dropout import WordDropout

IMAGES = torch.randn(6, 1, 4, 4, generator=torch.Generator().manual_seed(0))
WAVES = Tokens(torch.randn(6, 9, generator=torch.Generator().manual_seed(0)), torch.tensor([9, 4, 0, 7, 1, 9]))
WORDS = Tokens(torch.randint(2, 9, (6, 9)), WAVES.lengths)
SERIES = Tokens(torch.randn(6, 9, 2, generator=torch.Generator().manual_seed(0)), WAVES.lengths)
PRESENT = torch.tensor([True, True, False, True, True, False])

CASES = [
    ([GaussianNoise(1.0)], IMAGES),
    ([RandomCrop(1), HorizontalFlip()], IMAGES),
    ([GaussianNoise(1.0)], WAVES),
    ([RandomGain(), RandomShift(0.4)], WAVES),
    ([GaussianNoise(1.0), RandomShift(0.4)], SERIES),
    ([WordDropout(0.5)], WORDS),
    ([WordDropout(0.5, to="removed")], WORDS),
]


class Double(Transform):
    """Not random: may see the batch whole in evaluation too."""

    random = False
    seen = 0

    def __call__(self, x, generator):
        Double.seen = len(x)
        return x * 2


def row(x, i):
    if isinstance(x, Tokens):
        length = int(x.lengths[i])
        return x.values[i, :length]
    return x[i]


@pytest.mark.parametrize(("transforms", "x"), CASES)
def test_absent_rows_and_padding_are_zero_after_every_transform(transforms, x):
    x = zeroed(apply(transforms, x, torch.Generator().manual_seed(0)), PRESENT)
    values = x.values if isinstance(x, Tokens) else x
    assert not values[~PRESENT].any()
    if isinstance(x, Tokens):
        assert not values[~x.mask()].any()
        assert x.lengths[~PRESENT].tolist() == [0, 0]


@pytest.mark.parametrize(("transforms", "x"), CASES)
def test_by_row_a_row_depends_on_its_seed_alone(transforms, x):
    seeds = [11, 12, 13, 14, 15, 16]
    whole = apply_by_row(transforms, x, seeds)
    order = [4, 0, 3]
    part = Tokens(x.values[order], x.lengths[order]) if isinstance(x, Tokens) else x[order]
    if isinstance(part, Tokens):
        part = Tokens(torch.nn.functional.pad(part.values.movedim(1, -1), [0, 3]).movedim(-1, 1), part.lengths)
    some = apply_by_row(transforms, part, [seeds[i] for i in order])
    for place, i in enumerate(order):
        assert torch.equal(row(some, place), row(whole, i))


def test_by_row_leaves_the_whole_batch_to_what_is_not_random():
    assert torch.equal(apply_by_row([Double()], IMAGES, [0] * 6), IMAGES * 2)
    assert Double.seen == 6


def test_nan_in_an_absent_row_is_zeroed():
    x = torch.full((2, 3), float("nan"))
    assert zeroed(x, torch.tensor([False, False])).tolist() == [[0.0] * 3] * 2


def test_a_batch_that_is_whole_is_not_copied():
    assert zeroed(IMAGES, torch.ones(6, dtype=torch.bool)) is IMAGES
