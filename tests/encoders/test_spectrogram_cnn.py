import pytest
import torch

from mmfusion.batch import Tokens
from mmfusion.encoders.freezing import freeze
from mmfusion.encoders.spectrogram_cnn import SpectrogramCNN
from tests.encoders.checks import (
    check_absent,
    check_alone,
    check_never_waits,
    check_padding,
    check_rows_apart,
    check_shapes,
)
from tests.helpers.properties import check_all, check_gradients

WAVES = torch.randn(4, 240, generator=torch.Generator().manual_seed(0))
SPEECH = Tokens(WAVES, torch.tensor([240, 100, 171, 20]))
SPEECH.values[~SPEECH.mask()] = 0


def small(**options) -> SpectrogramCNN:
    base = {
        "window_ms": 32.0,
        "hop_ms": 8.0,
        "mels": 8,
        "widths": [4, 6],
        "grid_time": 3,
        "grid_frequency": 2,
        "dim": 5,
    }
    return SpectrogramCNN(1000, **{**base, **options})


def test_properties():
    parameters = 25 * 1 * 4 + 2 * 4 + 9 * 4 * 6 + 2 * 6 + (6 * 6 * 5 + 5) + 2 * 5
    check_all(small, SPEECH, parameters=parameters)
    check_rows_apart(small, SPEECH)
    check_never_waits(small, SPEECH)
    check_absent(small, SPEECH)


@pytest.mark.parametrize("norm", ["group", "layer", "none"])
@pytest.mark.parametrize("pooling", ["grid", "mean", "max", "attention"])
def test_padding(norm, pooling):
    def make() -> SpectrogramCNN:
        return small(norm=norm, pooling=pooling)

    check_padding(make, SPEECH, extra=137, atol=1e-5)
    check_alone(make, SPEECH, atol=1e-5)
    check_gradients(make, SPEECH)
    # The grid has 3 · 2 cells; 240 samples are 31 frames, of which stride 2 and pool 2 leave ceil(31 / 4).
    check_shapes(make(), SPEECH, positions=6 if pooling == "grid" else 8)


def test_odd_strides_and_pools():
    def make() -> SpectrogramCNN:
        return small(widths=[3, 4, 5], kernels=[3], strides=[1, 2, 1], pools=[1, 3])

    check_padding(make, SPEECH, extra=59, atol=1e-5)
    check_alone(make, SPEECH, atol=1e-5)


def test_spec_augment_acts_in_training_only():
    encoder = small(spec_augment={"time": 0.5, "frequency": 0.5}, dropout=0.0)
    assert not torch.equal(encoder(SPEECH).pooled, encoder(SPEECH).pooled)
    encoder.eval()
    assert torch.equal(encoder(SPEECH).pooled, encoder(SPEECH).pooled)
    check_rows_apart(lambda: small(spec_augment={"time": 0.5, "masks": 2}), SPEECH)
    check_never_waits(lambda: small(spec_augment={"time": 0.5, "tempo": 0.2}), SPEECH)
    check_gradients(lambda: small(spec_augment={"frequency": 0.2, "tempo": 0.2, "pitch": 0.2, "shift": 0.1}), SPEECH)


def test_stages_are_those_with_parameters():
    encoder = small(spec_augment={"time": 0.5})
    freeze(encoder, "layers.0")
    encoder.train()
    assert encoder.frozen == ("layers.0",)
    assert encoder.spec_augment.training
    assert not encoder.layers[0].training


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"spec_augment": {"tiem": 0.1}},
            "expected time, frequency, masks, tempo, pitch, shift, found 'tiem'; did you mean 'time'",
        ),
        ({"pooling": "last"}, "pooling: expected grid, mean, max or attention, found 'last'"),
        ({"mels": 3}, "mels: expected 4 or more with these strides and pools, found 3"),
        ({"norm": "batch"}, "norm: expected group, layer or none, found 'batch'"),
    ],
)
def test_what_cannot_be_built(options, message):
    with pytest.raises(ValueError, match=message):
        small(**options)
