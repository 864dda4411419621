"""What holds of every transform that is run: torchvision's, torchaudio's, ours and a user's."""

import pytest
import torch
from torchaudio import transforms as sound
from torchvision.transforms import v2

from mmfusion.batch import Tokens
from mmfusion.data.errors import DataError
from mmfusion.data.transforms._apply import apply, zeroed
from mmfusion.data.transforms.gaussian_noise import GaussianNoise
from mmfusion.data.transforms.random_gain import RandomGain
from mmfusion.data.transforms.random_shift import RandomShift
from mmfusion.data.transforms.word_dropout import WordDropout

GENERATOR = torch.Generator().manual_seed(0)
IMAGES = torch.rand(6, 3, 8, 8, generator=GENERATOR)
WAVES = Tokens(torch.randn(6, 90, generator=GENERATOR), torch.tensor([90, 40, 0, 70, 1, 90]))
WORDS = Tokens(torch.randint(2, 9, (6, 90)), WAVES.lengths)
SERIES = Tokens(torch.randn(6, 90, 2, generator=GENERATOR), WAVES.lengths)
VECTORS = torch.randn(6, 4, generator=GENERATOR)
PRESENT = torch.tensor([True, True, False, True, True, False])
SEEDS = [11, 12, 13, 14, 15, 16]


class Jitter(torch.nn.Module):
    """A user's own."""

    def forward(self, x):
        return x + torch.rand(1)


RANDOM = [
    ([v2.RandomRotation(30)], IMAGES),
    ([v2.ColorJitter(brightness=0.5), v2.RandomHorizontalFlip()], IMAGES),
    ([v2.Pad(2), v2.RandomCrop(8)], IMAGES),
    ([v2.RandAugment()], IMAGES),
    ([v2.GaussianNoise(sigma=1.0, clip=False)], IMAGES),
    ([Jitter()], IMAGES),
    ([GaussianNoise(1.0)], VECTORS),
    ([GaussianNoise(1.0)], WAVES),
    ([RandomGain(), RandomShift(0.4)], WAVES),
    ([GaussianNoise(1.0), RandomShift(0.4)], SERIES),
    ([Jitter()], SERIES),
    ([WordDropout(0.5)], WORDS),
    ([WordDropout(0.5, to="removed")], WORDS),
]
FIXED = [([v2.RandomInvert(1.0)], IMAGES), ([sound.Vol(0.5), sound.Fade(0, 1)], WAVES)]


def row(x, i):
    return x.values[i, : int(x.lengths[i])] if isinstance(x, Tokens) else x[i]


def run(transforms, x, seeds=SEEDS, present=PRESENT):
    return apply(transforms, x, present, seeds, "here.train")


@pytest.mark.parametrize(("transforms", "x"), [*RANDOM, *FIXED])
def test_rows_that_are_absent_and_padding_stay_as_they_are(transforms, x):
    before = x.values.clone() if isinstance(x, Tokens) else x.clone()
    y = run(transforms, x)
    assert torch.equal(before, x.values if isinstance(x, Tokens) else x)
    assert all(torch.equal(row(y, i), row(x, i)) for i in (2, 5))
    assert not torch.equal(row(y, 0), row(x, 0))
    if isinstance(y, Tokens):
        assert not y.values[~y.mask()].any()


@pytest.mark.parametrize(("transforms", "x"), RANDOM)
def test_a_row_depends_on_its_seed_alone(transforms, x):
    whole = run(transforms, x)
    order = [3, 0]
    part = Tokens(x.values[order][:, :80], x.lengths[order].clamp(max=70)) if isinstance(x, Tokens) else x[order]
    some = run(transforms, part, [SEEDS[i] for i in order], PRESENT[order])
    assert torch.equal(row(some, 0), row(whole, 3))
    assert not torch.equal(row(run(transforms, x, [9] * 6), 0), row(whole, 0))


def test_the_generator_of_the_rest_of_the_program_goes_on_undisturbed():
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    run([Jitter()], IMAGES)
    assert torch.equal(torch.rand(2), expected)


def test_a_row_may_get_longer():
    doubled = run([lambda x: torch.cat([x, x])], WAVES)
    assert doubled.lengths.tolist() == [180, 80, 0, 140, 2, 90]
    assert doubled.values.shape == (6, 180)


@pytest.mark.parametrize(
    ("transforms", "x", "message"),
    [
        ([v2.RandomHorizontalFlip(), v2.CenterCrop(6)], IMAGES, r"here.train: RandomHorizontalFlip, CenterCrop made "
         r"float32 \[3, 6, 6\] of float32 \[3, 8, 8\]; a row must keep its type and shape .an image's are its mod"),
        ([v2.Grayscale()], IMAGES, r"Grayscale made float32 \[1, 8, 8\] of float32 \[3, 8, 8\]"),
        ([lambda x: x.double()], VECTORS, r"made float64 \[4\] of float32 \[4\]"),
        ([lambda x: x[:0]], WAVES, r"made float32 \[0\] of float32 \[90\]; .* its type, and its shape but for the len"),
        ([sound.Spectrogram(n_fft=32)], WAVES, r"Spectrogram made float32 \[17, 6\] of float32 \[90\]"),
        ([sound.SpeedPerturbation(90, [0.9])], WAVES, r"SpeedPerturbation made a tuple of float32 \[90\]"),
        ([v2.GaussianNoise()], WORDS, r"here.train\[0\]: GaussianNoise fails on int64 \[90\]: Input tensor is exp"),
        ([RandomShift()], VECTORS, r"here.train\[0\]: RandomShift works on sequences, found float32 \[4\]"),
    ],
)  # fmt: skip
def test_what_is_refused(transforms, x, message):
    with pytest.raises(DataError, match=message):
        run(transforms, x)


def test_nan_in_an_absent_row_is_zeroed():
    x = torch.full((2, 3), float("nan"))
    assert zeroed(x, torch.tensor([False, False])).tolist() == [[0.0] * 3] * 2


def test_a_batch_that_is_whole_is_not_copied():
    assert zeroed(IMAGES, torch.ones(6, dtype=torch.bool)) is IMAGES
