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


def test_float_wav_is_exact(tmp_path):
    wave = np.random.default_rng(0).normal(size=400).astype(np.float32)
    write(tmp_path / "a.wav", wave, subtype="FLOAT")
    assert torch.equal(Speech().decode("a.wav", tmp_path), torch.from_numpy(wave))


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


def test_channels_are_averaged(tmp_path):
    write(tmp_path / "a.wav", np.stack([tone(), -tone()], 1))
    assert Speech().decode("a.wav", tmp_path).abs().max() < 1e-4


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


def test_truncated_wav_says_what_is_missing(tmp_path):
    write(tmp_path / "a.wav", tone())
    cut(tmp_path / "a.wav", 0.5)
    with pytest.raises(DecodeError, match="truncated: the header promises 16000 bytes of sound, the file holds 7978"):
        Speech().decode("a.wav", tmp_path)


def test_wav_of_unknown_length_is_read(tmp_path):
    write(tmp_path / "a.wav", tone())
    data = bytearray((tmp_path / "a.wav").read_bytes())
    at = data.index(b"data")
    data[at + 4 : at + 8] = struct.pack("<I", 0xFFFFFFFF)  # what a program writes that does not know the end
    (tmp_path / "a.wav").write_bytes(data)
    assert len(Speech().decode("a.wav", tmp_path)) == 8000


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_samples_that_are_not_finite(tmp_path, bad):
    wave = tone()
    wave[100] = bad
    write(tmp_path / "a.wav", wave, subtype="FLOAT")
    with pytest.raises(DecodeError, match=r"a\.wav: not finite"):
        Speech().decode("a.wav", tmp_path)
    with pytest.raises(DecodeError, match="must be finite"):
        Speech().decode(wave, None)


def test_cap_on_frames(tmp_path):
    write(tmp_path / "a.wav", np.stack([tone(), tone()], 1))
    with pytest.raises(DecodeError, match="8000 frames of 2 channels, the most allowed is 15999"):
        Speech(max_frames=15_999).decode("a.wav", tmp_path)
    assert len(Speech(max_frames=16_000).decode("a.wav", tmp_path)) == 8000


def test_empty_and_alien_files(tmp_path):
    write(tmp_path / "a.wav", np.zeros(0, np.float32))
    (tmp_path / "b.wav").write_text("<html>")
    with pytest.raises(DecodeError, match=r"a\.wav: holds no sound"):
        Speech().decode("a.wav", tmp_path)
    with pytest.raises(DecodeError, match=r"b\.wav: cannot be read"):
        Speech().decode("b.wav", tmp_path)
    with pytest.raises(DecodeError, match=r"c\.wav: there is no such file"):
        Speech().decode("c.wav", tmp_path)


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


def test_encoder_is_told_the_rate():
    assert Speech(sample_rate=8000).for_encoder() == {"sample_rate": 8000}
