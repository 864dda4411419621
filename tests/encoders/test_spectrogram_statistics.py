import numpy as np
import torch

from mmfusion.batch import Tokens
from mmfusion.encoders.spectrogram_statistics import SpectrogramStatistics, statistics
from tests.encoders.inputs import SPEECH, WAVES


def small(**options) -> SpectrogramStatistics:
    return SpectrogramStatistics(1000, **{"hop_ms": 8.0, "mels": 8, "parts": 3, "hidden": [5], **options})


def test_the_statistics_are_those_of_each_band():
    mel = torch.rand(1, 9, 2, generator=torch.Generator().manual_seed(1))
    result = statistics(mel, torch.tensor([8]), 2)[0].numpy()
    own = mel[0, :8].numpy()
    expected = [own.mean(0), own.std(0), np.abs(np.diff(own, axis=0)).mean(0), own[:4].mean(0), own[4:].mean(0)]
    np.testing.assert_allclose(result, [*np.concatenate(expected), np.log(8)], rtol=1e-5)


def test_without_layers_it_gives_what_training_rows_standardise_to():
    encoder = small(hidden=[], dropout=0.0).train()
    pooled = encoder(SPEECH).pooled
    assert pooled.shape == (4, encoder.dim) == (4, 49)
    torch.testing.assert_close(pooled.mean(0), torch.zeros(49), atol=1e-3, rtol=0)
    encoder.eval()
    once, again = encoder(SPEECH).pooled, encoder(SPEECH).pooled
    torch.testing.assert_close(once, again)


def test_a_batch_of_one_row_can_be_trained_on():
    encoder = small().train()
    one = Tokens(WAVES[:1], torch.tensor([240]))
    assert encoder(one).pooled.isfinite().all()
