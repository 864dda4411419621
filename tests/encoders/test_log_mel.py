import math

import pytest
import torch
from torchaudio.transforms import MelSpectrogram

from mmfusion.encoders.log_mel import LogMel
from tests.helpers.properties import check_eval

RATE, SAMPLES = 1000, 300
WAVE = torch.randn(3, SAMPLES, generator=torch.Generator().manual_seed(0))
LENGTHS = torch.tensor([300, 171, 33])


def log_mel(**options) -> LogMel:
    return LogMel(**{
        "sample_rate": RATE, "window_ms": 32.0, "hop_ms": 8.0, "mels": 6, "dynamic_range_db": 35.0, "normalise": "row",
        **options,
    })  # fmt: skip


def test_equals_torchaudio_on_a_single_row():
    theirs = MelSpectrogram(RATE, n_fft=32, hop_length=8, n_mels=6, pad_mode="constant")(WAVE[:1])
    ours = log_mel().power(WAVE[:1], LENGTHS[:1])
    torch.testing.assert_close(ours, theirs.mT, atol=1e-4, rtol=1e-4)
    frames, counts = log_mel(dynamic_range_db=None, normalise="none")(WAVE[:1], LENGTHS[:1])
    torch.testing.assert_close(frames, theirs.mT.clamp(min=1e-10).log(), atol=1e-4, rtol=1e-4)
    assert counts.tolist() == [1 + 300 // 8] == [theirs.shape[2]]


@pytest.mark.parametrize(("normalise", "dynamic_range_db"), [("row", None), ("band", 20.0), ("none", 20.0)])
def test_a_row_in_a_batch_equals_the_row_alone(normalise, dynamic_range_db):
    module = log_mel(normalise=normalise, dynamic_range_db=dynamic_range_db)
    frames, counts = module(WAVE, LENGTHS, multiple=4)
    assert counts.tolist() == [1 + length // 8 for length in LENGTHS.tolist()]
    assert frames.shape[1] % 4 == 0
    for row, (length, count) in enumerate(zip(LENGTHS, counts, strict=True)):
        alone, _ = module(WAVE[row : row + 1, :length], LENGTHS[row : row + 1])
        torch.testing.assert_close(frames[row, :count], alone[0], atol=1e-5, rtol=1e-5)
        assert not frames[row, count:].any()


@pytest.mark.parametrize(("normalise", "over"), [("row", (0, 1)), ("band", (0,))])
def test_normalisation(normalise, over):
    frames, counts = log_mel(normalise=normalise)(WAVE, LENGTHS)
    for row, count in enumerate(counts):
        real = frames[row, :count]
        assert real.mean(over).abs().max() < 1e-5
        assert (real.std(over, correction=0) - 1).abs().max() < 1e-3


def test_dynamic_range_is_counted_from_the_rows_loudest_point():
    waves = WAVE * torch.tensor([[1.0], [0.01], [9.0]])
    frames, counts = log_mel(normalise="none", dynamic_range_db=20.0)(waves, LENGTHS)
    for row, count in enumerate(counts):
        real = frames[row, :count]
        assert (real.max() - real.min()).item() <= 20 / 10 * math.log(10) + 1e-5


def test_loudness_does_not_matter_after_normalising():
    (quiet, _), (loud, _) = log_mel()(WAVE * 0.1, LENGTHS), log_mel()(WAVE * 3, LENGTHS)
    torch.testing.assert_close(quiet, loud, atol=1e-4, rtol=1e-4)


def test_silence_and_nothing_are_finite():
    for normalise in ("row", "band", "none"):
        frames, counts = log_mel(normalise=normalise)(torch.zeros(2, 100), torch.tensor([100, 0]))
        assert frames.isfinite().all()
        assert counts.tolist() == [13, 1]


def test_stays_in_float32_under_autocast():
    with torch.autocast("cpu", torch.bfloat16):
        frames, _ = log_mel()(WAVE, LENGTHS)
    assert torch.equal(frames, log_mel()(WAVE, LENGTHS)[0])


def test_properties():
    check_eval(log_mel, WAVE, LENGTHS)
    assert not log_mel().state_dict(), "window and filters follow from the arguments"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"mels": 30}, r"expected bands no narrower than the 31 Hz .* found 2 of 30 bands empty"),
        ({"hop_ms": 0.0}, "hop_ms: expected samples at 1000 Hz, found a length of none"),
        ({"window_ms": 0.1}, "window_ms: expected samples"),
    ],
)
def test_what_cannot_be_built(options, message):
    with pytest.raises(ValueError, match=message):
        log_mel(**options)
