import pytest
import torch

from mmfusion.config.compose import load_config
from mmfusion.config.errors import ConfigError
from mmfusion.data.transforms._apply import apply_by_row
from mmfusion.data.transforms._base import Transform


def test_a_transform_without_a_call_is_none():
    class Nothing(Transform):
        pass

    with pytest.raises(TypeError, match="abstract"):
        Nothing()


class Draw(Transform):
    """Adds a number drawn for the whole batch, and notes how many rows it saw."""

    def __init__(self):
        self.seen = []

    def __call__(self, x, generator):
        self.seen.append(len(x))
        return x + torch.rand(1, generator=generator)


class Fixed(Draw):
    random = False

    def __call__(self, x, generator):
        self.seen.append(len(x))
        return x * 2


def test_transforms_are_random_unless_they_say_otherwise():
    assert Draw().random
    assert not Fixed().random


def test_in_evaluation_random_ones_see_rows_alone_and_others_the_whole_batch():
    x = torch.zeros(3, 2)
    draw, fixed = Draw(), Fixed()
    first = apply_by_row([draw], x, [1, 2, 1])
    assert draw.seen == [1, 1, 1]
    assert torch.equal(first[0], first[2])
    assert not torch.equal(first[0], first[1])
    assert torch.equal(apply_by_row([fixed], x + 1, [1, 2, 3]), x + 2)
    assert fixed.seen == [3]


def words(modality, transform, stage="train"):
    return [f"data.modalities.{modality}.transforms={{{stage}: [{{_target_: mmfusion.data.transforms.{transform}}}]}}"]


@pytest.mark.parametrize(
    ("modality", "transform", "takes"),
    [
        ("image", "word_dropout.WordDropout, rate: 0.1", "text"),
        ("text", "gaussian_noise.GaussianNoise, std: 0.1", "image, speech, features, series"),
        ("speech", "random_crop.RandomCrop, padding: 1", "image"),
    ],
)
@pytest.mark.parametrize("stage", ["train", "eval"])
def test_a_transform_of_another_kind_is_refused_before_anything_is_read(modality, transform, takes, stage):
    message = rf"data\.modalities\.{modality}\.transforms\.{stage}\[0\]: mmfusion.* works on {takes}, and modality"
    with pytest.raises(ConfigError, match=f"{message} '{modality}' is {modality}"):
        load_config(words(modality, transform, stage))


def test_transforms_of_the_kind_pass():
    load_config(words("text", "word_dropout.WordDropout, rate: 0.1"))
    load_config(words("speech", "random_gain.RandomGain"))
