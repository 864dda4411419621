import pytest
import torch

from mmfusion.encoders.freezing import freeze
from mmfusion.encoders.spectrogram_cnn import SpectrogramCNN
from tests.encoders.inputs import SPEECH


def small(**options) -> SpectrogramCNN:
    return SpectrogramCNN(1000, **{"hop_ms": 8.0, "mels": 8, "widths": [4, 6], "dim": 5, **options})


def test_spec_augment_acts_in_training_only():
    encoder = small(spec_augment={"time": 0.5, "frequency": 0.5}, dropout=0.0)
    assert not torch.equal(encoder(SPEECH).pooled, encoder(SPEECH).pooled)
    encoder.eval()
    assert torch.equal(encoder(SPEECH).pooled, encoder(SPEECH).pooled)


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
