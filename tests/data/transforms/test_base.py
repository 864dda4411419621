import pytest

from mmfusion.config.compose import load_config
from mmfusion.config.errors import ConfigError
from mmfusion.data.transforms._base import Transform


def test_a_transform_without_a_call_is_none():
    class Nothing(Transform):
        pass

    with pytest.raises(TypeError, match="abstract"):
        Nothing()


def overrides(modality, transform, stage="train"):
    return [f"data.modalities.{modality}.transforms={{{stage}: [{{_target_: {transform}}}]}}"]


OURS = "mmfusion.data.transforms"


@pytest.mark.parametrize(
    ("modality", "transform", "takes"),
    [
        ("image", "word_dropout.WordDropout, rate: 0.1", "text"),
        ("text", "gaussian_noise.GaussianNoise, std: 0.1", "speech, features, series"),
        ("image", "gaussian_noise.GaussianNoise, std: 0.1", "speech, features, series"),
    ],
)
@pytest.mark.parametrize("stage", ["train", "eval"])
def test_a_transform_of_another_kind_is_refused_before_anything_is_read(modality, transform, takes, stage):
    message = rf"data\.modalities\.{modality}\.transforms\.{stage}\[0\]: mmfusion.* works on {takes}, and modality"
    message += f" '{modality}' is {modality}; torchvision.transforms.v2 works on images"
    with pytest.raises(ConfigError, match=message):
        load_config(overrides(modality, f"{OURS}.{transform}", stage))


@pytest.mark.parametrize(
    ("modality", "transform"),
    [
        ("text", f"{OURS}.word_dropout.WordDropout, rate: 0.1"),
        ("speech", f"{OURS}.random_gain.RandomGain"),
        ("speech", "torchaudio.transforms.Vol, gain: 0.5"),
        ("image", "torchvision.transforms.v2.RandomRotation, degrees: 10"),
    ],
)
def test_transforms_of_the_kind_pass(modality, transform):
    load_config(overrides(modality, transform))


@pytest.mark.parametrize(
    ("modality", "transform", "message"),
    [
        ("image", "torchvision.transforms.v2.RandomRotation, degree: 10", r"degree: .*did you mean 'degrees'"),
        ("image", "torchvision.transforms.v2.RandomRotatio, degrees: 10", r"did you mean 'RandomRotation'"),
        ("speech", "torchaudio.transforms.Vol, gian: 0.5", r"gian: .*did you mean 'gain'"),
        (
            "image",
            f"{OURS}.random_crop.RandomCrop, padding: 2",
            r"no more; use \{_target_: torchvision\.transforms\.v2\.RandomCrop, size: \[HEIGHT, .*\], padding: 2\}",
        ),
        (
            "image",
            f"{OURS}.horizontal_flip.HorizontalFlip",
            r"no more; use \{_target_: torchvision\.transforms\.v2\.RandomHorizontalFlip, p: 0\.5\}",
        ),
    ],
)
def test_wrong_names_are_answered_with_the_nearest(modality, transform, message):
    with pytest.raises(ConfigError, match=rf"data\.modalities\.{modality}\.transforms\.train\[0\].*{message}"):
        load_config(overrides(modality, transform))
