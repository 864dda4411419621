"""Reading sound files, and noticing those that were cut short."""

from __future__ import annotations

import struct
from fractions import Fraction
from functools import lru_cache
from typing import Any, BinaryIO

import numpy as np
import soundfile
import torch
from torch import Tensor

from mmfusion.data.decode.broken import advice_on, decoding
from mmfusion.data.decode.paths import Place, is_remote, open_media
from mmfusion.data.errors import DecodeError

_UNKNOWN = 1 << 60  # libsndfile says so many frames where the header does not say
_ONES = 0xFFFFFFFF
_PHASES = 1000  # 441 would do for the usual rates
_TAIL = 1 << 17  # an Ogg page is at most 65,307 bytes


def read_sound(place: Place, name: str, max_frames: int) -> tuple[np.ndarray, int]:
    """All frames of a sound file, `[S, channels]`, and their rate.

    int16 where the file holds 16-bit samples, float32 in −1…1 otherwise: both exactly what the file says.

    Raises:
        DecodeError: no sound file, cut short, more than `max_frames` samples, not finite, or empty.
    """
    with decoding(name), open_media(place) as file:
        missing = _missing(file)
        if missing:
            raise DecodeError(f"{name}: truncated: {missing}")
        file.seek(0)
        try:
            with soundfile.SoundFile(file if is_remote(place) else str(place)) as sound:
                return _read(sound, name, max_frames), sound.samplerate
        except soundfile.LibsndfileError as error:
            message = error.error_string.strip() or "damaged or cut short"
            raise DecodeError(f"{name}: cannot be read: {message}{advice_on(name)}") from None


def mono(frames: np.ndarray) -> Tensor:
    """The mean of the channels, `[S]`; int16 stays int16 if there is but one."""
    if frames.shape[1] == 1:
        return torch.from_numpy(frames[:, 0])
    return as_float(torch.from_numpy(frames)).mean(1)


def as_float(wave: Tensor) -> Tensor:
    """Float32 in −1…1 of int16 or float samples."""
    return wave.float().mul_(1 / 32768) if wave.dtype == torch.int16 else wave.float()


def resample(wave: Tensor, rate: int, wanted: int) -> Tensor:
    """`[S]` at another rate, float32 (windowed-sinc interpolation).

    The interpolation holds a kernel for each phase in which samples of both rates meet: 16000 of them, and tens of
    gigabytes, from 44101 to 16000 Hz. Their ratio is therefore that of the nearest small whole numbers: exact for the
    usual rates, else off by a thousandth at most; where there is none, the rate is a damaged header's.

    Raises:
        ValueError: there is no such ratio; a rate like this is a damaged header's.
    """
    if rate == wanted:
        return wave
    exact = Fraction(wanted, rate)
    near = exact.limit_denominator(_PHASES)
    if abs(near - exact) > exact / 1000:
        raise ValueError(f"its rate is {rate} Hz, which cannot be brought to {wanted} Hz (sample_rate)")
    return _resampler(near.denominator, near.numerator)(as_float(wave))


@lru_cache(maxsize=64)
def _resampler(rate: int, wanted: int) -> Any:
    from torchaudio.transforms import Resample  # seconds to import, needed only where rates differ

    return Resample(rate, wanted)


def _read(sound: soundfile.SoundFile, name: str, max_frames: int) -> np.ndarray:
    known = sound.frames < _UNKNOWN
    if known and sound.frames * sound.channels > max_frames:
        raise DecodeError(
            f"{name}: {sound.frames} frames of {sound.channels} channels, the most allowed is {max_frames} samples "
            "(max_frames)"
        )
    dtype = "int16" if sound.subtype == "PCM_16" else "float32"
    frames = sound.read(-1 if known else max_frames // sound.channels + 1, dtype=dtype, always_2d=True)
    if known and len(frames) != sound.frames:
        raise DecodeError(f"{name}: truncated: the header promises {sound.frames} frames, {len(frames)} can be read")
    if frames.size > max_frames:
        raise DecodeError(f"{name}: more than {max_frames} samples (max_frames)")
    if len(frames) == 0:
        raise DecodeError(f"{name}: holds no sound (0 frames)")
    if dtype == "float32" and not np.isfinite(frames).all():
        raise DecodeError(f"{name}: not finite: NaN or infinity among its samples")
    return frames


def _missing(file: BinaryIO) -> str | None:
    """What a truncated file lacks; libsndfile reads short WAV and Ogg files without a word."""
    magic = file.read(12)
    if magic[:4] in (b"RIFF", b"RF64") and magic[8:] == b"WAVE":
        return _missing_wav(file)
    if magic[:4] == b"OggS":
        return _missing_ogg(file)
    return None


def _missing_wav(file: BinaryIO) -> str | None:
    size = file.seek(0, 2)
    at, long = 12, 0
    while at + 8 <= size:
        file.seek(at)
        tag, length = struct.unpack("<4sI", file.read(8))
        if tag == b"ds64" and at + 24 <= size:  # RF64: sizes of 64 bits, the sound's is the second
            long = struct.unpack("<8xQ", file.read(16))[0]
        if tag == b"data":
            length = long if long and length == _ONES else length
            # Programs that write to a pipe leave 0, all ones, or the largest signed size: not known, so not missing.
            short = length not in (0, _ONES, _ONES >> 1) and at + 8 + length > size
            return f"the header promises {length} bytes of sound, the file holds {size - at - 8}" if short else None
        at += 8 + length + length % 2
    return "there is no sound after the header"


def _missing_ogg(file: BinaryIO) -> str | None:
    size = file.seek(0, 2)
    file.seek(max(0, size - _TAIL))
    tail = file.read()
    at = tail.rfind(b"OggS")
    page = tail[at:]
    if at < 0 or len(page) < 27 or len(page) < 27 + page[26] + sum(page[27 : 27 + page[26]]):
        return "the last page is incomplete"
    return None if page[5] & 4 else "the last page is not marked as the end"
