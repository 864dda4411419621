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


def test_fewer_bands_than_strides_and_pools_take_away():
    with pytest.raises(ValueError, match="mels: expected 4 or more with these strides and pools, found 3"):
        small(mels=3)
