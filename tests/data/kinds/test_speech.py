import struct

import numpy as np
import pytest
import soundfile
import torch

from mmfusion.batch import Tokens
from mmfusion.data.errors import DecodeError
from mmfusion.data.kinds.speech import Speech


def tone(seconds=0.5, rate=16000, hertz=440.0):
    return (0.5 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


def write(path, wave, rate=16000, **options):
    with path.open("wb") as file:
        soundfile.write(file, wave, rate, format=path.suffix[1:].upper(), **options)


def cut(path, share):
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])


@pytest.mark.parametrize("suffix", ["wav", "flac"])
def test_sixteen_bit_files_are_exact_and_stay_sixteen_bit(tmp_path, suffix):
    samples = np.random.default_rng(0).integers(-32768, 32768, 800).astype(np.int16)
    write(tmp_path / f"a.{suffix}", samples)
    kind = Speech()
    stored = kind.decode(f"a.{suffix}", tmp_path)
    assert stored.dtype == torch.int16
    assert stored.tolist() == samples.tolist()
    values = kind.finish(Tokens(stored[None], torch.tensor([800]))).values
    assert torch.equal(values[0], torch.from_numpy(samples.astype(np.float32) / 32768))


@pytest.mark.parametrize(("suffix", "close"), [("ogg", 0.05), ("mp3", 0.05)])
def test_lossy_formats_come_close(tmp_path, suffix, close):
    wave = tone()
    write(tmp_path / f"a.{suffix}", wave)
    decoded = Speech().decode(f"a.{suffix}", tmp_path)
    assert decoded.dtype == torch.float32
    assert len(decoded) == pytest.approx(len(wave), abs=2500)
    middle = slice(2000, 6000)
    best = min(np.abs(decoded.numpy()[2000 + k : 6000 + k] - wave[middle]).mean() for k in range(-40, 41))
    assert best < close


def test_rates_of_damaged_headers_are_media_that_cannot_be_read(tmp_path):
    write(tmp_path / "a.wav", tone(), 8000)
    whole = (tmp_path / "a.wav").read_bytes()
    for rate, message in (
        (2**31 - 1, r"cannot be read: its rate is 2147483647 Hz"),
        (1, r"frames of 1 Hz would be \d+ of 16000 Hz, the most allowed is 1000000 \(max_frames\)"),
    ):
        (tmp_path / "b.wav").write_bytes(whole[:24] + struct.pack("<I", rate) + whole[28:])
        with pytest.raises(DecodeError, match=rf"b\.wav: .*{message}"):
            Speech(max_frames=1_000_000).decode("b.wav", tmp_path)


def test_any_rate_is_resampled(tmp_path):
    write(tmp_path / "a.wav", tone(rate=22050), 22050)
    decoded = Speech(sample_rate=8000).decode("a.wav", tmp_path)
    assert len(decoded) == 4000
    torch.testing.assert_close(decoded[200:-200], torch.from_numpy(tone(rate=8000))[200:-200], atol=5e-3, rtol=0)


@pytest.mark.parametrize(("crop", "start"), [("start", 0), ("center", 300), ("random", None)])
def test_long_rows_are_stored_as_short_as_they_may_be(crop, start):
    wave = np.arange(1000, dtype=np.int16)
    stored = Speech(sample_rate=100, seconds=4.0, crop=crop).decode(wave, None)
    assert stored.tolist() == (wave if start is None else wave[start : start + 400]).tolist()


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg", "mp3"])
@pytest.mark.parametrize("share", [0.3, 0.7])
def test_truncated_files_are_errors(tmp_path, suffix, share, capfd):
    write(tmp_path / f"a.{suffix}", np.random.default_rng(0).normal(size=40_000).astype(np.float32) * 0.1)
    cut(tmp_path / f"a.{suffix}", share)
    with pytest.raises(DecodeError, match=rf"a\.{suffix}: "):
        Speech().decode(f"a.{suffix}", tmp_path)
    capfd.readouterr()  # libmpg123 grumbles


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_samples_that_are_not_finite(tmp_path, bad):
    wave = tone()
    wave[100] = bad
    write(tmp_path / "a.wav", wave, subtype="FLOAT")
    with pytest.raises(DecodeError, match=r"a\.wav: not finite"):
        Speech().decode("a.wav", tmp_path)
    with pytest.raises(DecodeError, match="must be finite"):
        Speech().decode(wave, None)


def test_arrays_lists_and_tensors():
    wave = tone()
    wave.flags.writeable = False
    assert torch.equal(Speech().decode(wave, None), torch.tensor(wave))
    assert torch.equal(Speech().decode(torch.tensor(wave), None), torch.tensor(wave))
    assert Speech().decode([0.25, -0.5], None).tolist() == [0.25, -0.5]


@pytest.mark.parametrize("array", [np.zeros((2, 4), np.float32), np.zeros(4, np.uint8), np.zeros(0, np.float32)])
def test_other_arrays_are_refused(array):
    with pytest.raises(DecodeError, match=r"a waveform must .*found"):
        Speech().decode(array, None)


def test_full_padding_needs_a_length():
    assert Speech(seconds=1.0, pad="full").window.full
    with pytest.raises(ValueError, match="padding to full length needs a length"):
        Speech(pad="full")


def test_a_window_of_less_than_a_sample():
    with pytest.raises(ValueError, match="seconds must hold at least one sample at 1000 Hz"):
        Speech(sample_rate=1000, seconds=0.0001)
