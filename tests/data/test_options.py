"""Options of the data out of their range: refused with the config, before anything is read."""

import pytest

from mmfusion.config.compose import load_config
from mmfusion.config.errors import ConfigError

OURS = "mmfusion.data.transforms"
LEAST = "must be a whole number of at least 1"
WRONG = [
    ("rows={training: 5}", "rows.training: there is no such key; did you mean 'train'"),
    ("rows.train=-1", "rows.train: must be a whole number of at least 0, found -1"),
    ("seed=-1", "seed: must be a whole number of at least 0, found -1"),
    ("noise={text: 0.1}", "noise.text: there is no such key"),
    ("noise.image=-0.1", "noise.image: must be a number of at least 0, found -0.1"),
    ("absent.image=1.5", "absent.image: must be a number from 0 to 1, found 1.5"),
    ("unlabelled={digit: 0.5}", "unlabelled.digit: there is no such key"),
    ("loader.cache=disk", "loader.cache: must be 'auto' or 'memory' or 'none', found the string 'disk'"),
    ("loader.on_error=ignore", "loader.on_error: must be 'raise' or 'skip' or 'absent'"),
    ("loader.rows_without_modality=keep", "loader.rows_without_modality: must be 'refuse' or 'skip'"),
    ("loader.batch_size=0", f"loader.batch_size: {LEAST}, found 0"),
    ("loader.eval_batch_size=0", f"loader.eval_batch_size: {LEAST} or null, found 0"),
    ("loader.workers=-1", "loader.workers: must be a whole number of at least 0 or 'auto', found -1"),
    ("loader.cache_limit_gb=-1", "loader.cache_limit_gb: must be a number of at least 0"),
    ("loader.max_error_rate=2.0", "loader.max_error_rate: must be a number from 0 to 1, found 2.0"),
    ("loader.timeout_s=-1", "loader.timeout_s: must be a number of at least 0"),
    ("modalities.image.channels=4", "modalities.image.channels: must be 1 or 3, found 4"),
    ("modalities.image.size=[4]", "modalities.image.size: must be a list of 2 or null"),
    ("modalities.image.resize=stretch", "modalities.image.resize: must be 'squash' or 'fit' or 'crop'"),
    ("modalities.image.std=[0.0]", r"modalities.image.std\[0\]: must be a number above 0, found 0.0"),
    ("modalities.image.max_pixels=0", "modalities.image.max_pixels: must be a whole number from 1 to 178956970"),
    ("modalities.text.min_count=0", f"modalities.text.min_count: {LEAST}, found 0"),
    ("modalities.text.max_words=0", f"modalities.text.max_words: {LEAST} or null"),
    ("modalities.text.tokens=letters", "modalities.text.tokens: must be 'words' or 'characters' or 'auto'"),
    ("modalities.speech.sample_rate=0", f"modalities.speech.sample_rate: {LEAST}, found 0"),
    ("modalities.speech.seconds=0", "modalities.speech.seconds: must be a number above 0 or null, found 0"),
    ("modalities.speech.crop=middle", "modalities.speech.crop: must be 'start' or 'center' or 'random'"),
    ("modalities.speech.pad=none", "modalities.speech.pad: must be 'longest' or 'full'"),
    ("modalities.x={kind: series, fields: []}", "modalities.x.fields: must be a list of at least 1 or null"),
    ("modalities.x={kind: features, max_length: 0}", f"modalities.x.max_length: {LEAST} or null, found 0"),
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
