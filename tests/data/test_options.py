"""Options of the data out of their range: refused with the config, before anything is read."""

import pytest

from mmfusion.config.compose import load_config
from mmfusion.config.errors import ConfigError

OURS = "mmfusion.data.transforms"
LEAST = "must be a whole number of at least 1"
WRONG = [
    ("rows={training: 5}", "rows.training: there is no such key; did you mean 'train'"),
    ("rows.train=-1", "rows.train: must be a whole number of at least 0, found -1"),
    ("noise={text: 0.1}", "noise.text: there is no such key"),
    ("noise.image=-0.1", "noise.image: must be a number of at least 0, found -0.1"),
    ("loader.cache=disk", "loader.cache: must be 'auto' or 'memory' or 'none', found the string 'disk'"),
    ("loader.eval_batch_size=0", f"loader.eval_batch_size: {LEAST} or null, found 0"),
    ("loader.workers=-1", "loader.workers: must be a whole number of at least 0 or 'auto', found -1"),
    ("loader.max_error_rate=2.0", "loader.max_error_rate: must be a number from 0 to 1, found 2.0"),
    ("modalities.image.size=[4]", "modalities.image.size: must be a list of 2 or null"),
    ("modalities.image.std=[0.0]", r"modalities.image.std\[0\]: must be a number above 0, found 0.0"),
    ("modalities.image.max_pixels=0", "modalities.image.max_pixels: must be a whole number from 1 to 178956970"),
    ("modalities.speech.seconds=0", "modalities.speech.seconds: must be a number above 0 or null, found 0"),
    ("modalities.speech.pad=none", "modalities.speech.pad: must be 'longest' or 'full'"),
    ("modalities.x={kind: series, fields: []}", "modalities.x.fields: must be a list of at least 1 or null"),
    (
        f"modalities.speech.transforms={{train: [{{_target_: {OURS}.gaussian_noise.GaussianNoise, std: -1}}]}}",
        r"modalities.speech.transforms.train\[0\].std: must be a number of at least 0, found -1",
    ),
    (
        f"modalities.speech.transforms={{train: [{{_target_: {OURS}.random_shift.RandomShift, fraction: 1.0}}]}}",
        r"modalities.speech.transforms.train\[0\].fraction: must be a number of at least 0 and below 1, found 1.0",
    ),
    (
        f"modalities.text.transforms={{train: [{{_target_: {OURS}.word_dropout.WordDropout, rate: 2, to: nothing}}]}}",
        r"modalities.text.transforms.train\[0\].rate: must be a number from 0 to 1, found 2",
    ),
]


@pytest.mark.parametrize(("override", "message"), WRONG)
def test_an_option_out_of_its_range(override, message):
    sign = "+" if override.startswith("modalities.x") else ""
    with pytest.raises(ConfigError, match=rf"data\.{message}"):
        load_config([f"{sign}data.{override}"])


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("dims={image: 0, text: 3, speech: 4}", f"dims.image: {LEAST}, found 0"),
        ("classes=1", "classes: must be a whole number of at least 2, found 1"),
        ("noise=-1.0", "noise: must be a number of at least 0, found -1.0"),
    ],
)
def test_an_option_of_latent_features_out_of_its_range(override, message):
    with pytest.raises(ConfigError, match=rf"data\.{message}"):
        load_config(["experiment=seed", "data=latent", f"data.{override}"])
