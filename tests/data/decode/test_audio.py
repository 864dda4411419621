import struct

import numpy as np
import pytest
import soundfile
import torch

from mmfusion.data.decode.audio import as_float, mono, read_sound, resample
from mmfusion.data.errors import DecodeError

SAMPLES = np.random.default_rng(0).integers(-20000, 20000, (400, 2)).astype(np.int16)


def write(path, frames=SAMPLES, rate=8000, **options):
    soundfile.write(path, frames, rate, **options)
    return path


def wav(data, size):
    """A WAV of one channel whose header says `size` bytes."""
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, 8000, 16000, 2, 16)
    body = form + struct.pack("<4sI", b"data", size) + data
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WAVE" + body


@pytest.mark.parametrize("subtype", ["PCM_24", "PCM_U8", "FLOAT", "DOUBLE"])
def test_other_samples_are_floats(tmp_path, subtype):
    wave = SAMPLES / 32768
    frames, _ = read_sound(write(tmp_path / "a.wav", wave, subtype=subtype), "a.wav", 10_000)
    assert frames.dtype == np.float32
    np.testing.assert_allclose(frames, wave, atol=1 / 128)


def test_all_channels_count(tmp_path):
    path = write(tmp_path / "a.flac")
    assert len(read_sound(path, "a.flac", 800)[0]) == 400
    with pytest.raises(DecodeError, match=r"a\.flac: 400 frames of 2 channels, the most allowed is 799 samples"):
        read_sound(path, "a.flac", 799)


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF, 0x7FFFFFFF])
def test_a_length_that_a_pipe_left_open_is_not_a_truncation(tmp_path, size):
    (tmp_path / "a.wav").write_bytes(wav(SAMPLES[:, 0].tobytes(), size))
    if size == 0:
        with pytest.raises(DecodeError, match="holds no sound"):  # libsndfile believes it
            read_sound(tmp_path / "a.wav", "a.wav", 10_000)
    else:
        frames, _ = read_sound(tmp_path / "a.wav", "a.wav", 10_000)
        assert frames[:, 0].tolist() == SAMPLES[:, 0].tolist()


def test_a_header_that_promises_more(tmp_path):
    (tmp_path / "a.wav").write_bytes(wav(SAMPLES[:100, 0].tobytes(), 800))
    with pytest.raises(DecodeError, match=r"truncated: the header promises 800 bytes of sound, the file holds 200"):
        read_sound(tmp_path / "a.wav", "a.wav", 10_000)
    (tmp_path / "a.wav").write_bytes(wav(b"", 0)[:36])
    with pytest.raises(DecodeError, match="truncated: there is no sound after the header"):
        read_sound(tmp_path / "a.wav", "a.wav", 10_000)


@pytest.mark.parametrize("missing", [1, 20, 3000])
def test_an_ogg_that_was_cut(tmp_path, missing):
    noise = np.random.default_rng(0).normal(size=40_000) * 0.1
    path = write(tmp_path / "a.ogg", noise, format="OGG")
    path.write_bytes(path.read_bytes()[:-missing])
    with pytest.raises(DecodeError, match=r"a\.ogg: truncated: the last page is"):
        read_sound(path, "a.ogg", 10**6)


@pytest.mark.parametrize("content", [b"", b"RIFF", b"<html>404</html>"])
def test_what_is_no_sound(tmp_path, content):
    (tmp_path / "a.wav").write_bytes(content)
    with pytest.raises(DecodeError, match=r"a\.wav: cannot be read"):
        read_sound(tmp_path / "a.wav", "a.wav", 100)
    with pytest.raises(DecodeError, match=r"b\.wav: there is no such file"):
        read_sound(tmp_path / "b.wav", "b.wav", 100)


def test_channels_are_averaged_and_one_is_left_as_it_is():
    assert mono(SAMPLES[:, :1]).dtype == torch.int16
    both = mono(SAMPLES)
    torch.testing.assert_close(both, torch.from_numpy(SAMPLES.astype(np.float32).mean(1) / 32768))


def test_floats_lie_between_minus_one_and_one():
    assert as_float(torch.tensor([-32768, 0, 16384], dtype=torch.int16)).tolist() == [-1.0, 0.0, 0.5]
    assert as_float(torch.tensor([0.25], dtype=torch.float64)).dtype == torch.float32


@pytest.mark.parametrize("rate", [16001, 44101, 192_001, 1_000_003])
def test_odd_rates_cost_no_memory_and_keep_their_length(rate):
    result = resample(torch.ones(rate // 100), rate, 8000)
    assert len(result) == pytest.approx(80, abs=1)
    torch.testing.assert_close(result[20:60], torch.ones(40), atol=0.01, rtol=0)


def test_the_rate_of_a_damaged_header():
    with pytest.raises(ValueError, match="its rate is 2147483647 Hz, which cannot be brought to 8000 Hz"):
        resample(torch.ones(10), 2**31 - 1, 8000)


def test_resampling_keeps_a_tone():
    def tone(rate):
        return torch.sin(2 * torch.pi * 200 * torch.arange(rate // 2) / rate)

    same = tone(8000)
    assert resample(same, 8000, 8000) is same
    result = resample(tone(16000), 16000, 8000)
    torch.testing.assert_close(result[100:-100], same[100:-100], atol=0.01, rtol=0)


def test_a_truncated_rf64_says_so(tmp_path):
    write(tmp_path / "a.wav", format="RF64")
    whole = (tmp_path / "a.wav").read_bytes()
    assert whole[:4] == b"RF64"
    np.testing.assert_array_equal(read_sound(tmp_path / "a.wav", "a.wav", 10_000)[0], SAMPLES)
    (tmp_path / "a.wav").write_bytes(whole[:-400])
    with pytest.raises(
        DecodeError, match=r"a\.wav: truncated: the header promises 1600 bytes of sound, the file holds 1200"
    ):
        read_sound(tmp_path / "a.wav", "a.wav", 10_000)


@pytest.mark.parametrize("kept", [20, 100, 700])
def test_a_damaged_flac_is_told_in_words(tmp_path, kept):
    whole = write(tmp_path / "a.flac").read_bytes()
    (tmp_path / "a.flac").write_bytes(whole[:kept])
    with pytest.raises(DecodeError, match=r"a\.flac: ") as error:
        read_sound(tmp_path / "a.flac", "a.flac", 10_000)
    assert "Libsndfile" not in str(error.value)
    assert not str(error.value).rstrip().endswith(":")
