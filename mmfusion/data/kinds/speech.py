"""Speech and other sound: WAV, FLAC, OGG or MP3 files at any rate, or waveforms in memory."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated, Any, Literal

import numpy as np
import torch
from annotated_types import Ge, Gt
from torch import Tensor

from mmfusion.batch import Input, Tokens
from mmfusion.data.decode.arrays import in_memory
from mmfusion.data.decode.audio import as_float, mono, read_sound, resample
from mmfusion.data.decode.broken import decoding
from mmfusion.data.decode.paths import Root, path_columns, resolve_path
from mmfusion.data.errors import DecodeError
from mmfusion.data.kinds._base import Kind
from mmfusion.data.kinds._window import Crop, Window


class Speech(Kind):
    """A waveform `[S]` in memory, `Tokens` of float `[B, S]` in −1…1 in a batch.

    Kept as int16 where the file holds 16-bit mono samples at the wanted rate (exact, at half the memory), as float32
    otherwise. Channels are averaged, then resampled.

    Args:
        column: the manifest's column, with paths or arrays `[S]`, or those of folders and file whose cells make up a
            path; None: the modality's name.
        sample_rate: samples a second that encoders get; arrays are taken to have it.
        seconds: longest part of a row; None takes rows whole.
        crop: which part of a longer row: start, center, or random (in training, center otherwise).
        pad: longest (to the batch's longest row) or full (always to `seconds`: one shape, which compiles once).
        max_frames: files of more samples (all channels counted) are refused before they are decoded, and those that
            would have more at `sample_rate` before they are resampled.
    """

    suffixes = (".wav", ".flac", ".ogg", ".mp3", ".opus")
    encoder_arguments = ("sample_rate",)
    ragged = True
    reads_files = True
    keeps_zeros = True

    def __init__(
        self,
        column: str | Sequence[str] | None = None,
        sample_rate: Annotated[int, Ge(1)] = 16000,
        seconds: Annotated[float, Gt(0)] | None = None,
        crop: Crop = "start",
        pad: Literal["longest", "full"] = "longest",
        max_frames: Annotated[int, Ge(1)] = 50_000_000,
    ) -> None:
        if seconds is not None and not (math.isfinite(seconds) and seconds * sample_rate >= 1):
            raise ValueError(f"speech: seconds must hold at least one sample at {sample_rate} Hz, found {seconds}")
        self.columns = path_columns(column)
        self.sample_rate = sample_rate
        self.max_frames = max_frames
        self.window = Window(round(seconds * sample_rate) if seconds is not None else None, crop, pad == "full")

    def fit(self, cells: Sequence[Any], root: Root) -> None:
        return

    def decode(self, cell: Any, root: Root) -> Tensor:
        array = in_memory(cell)
        if array is not None:
            return self.window.cut(_checked(array, self.max_frames))
        frames, rate = read_sound(resolve_path(root, cell), str(cell), self.max_frames)
        if len(frames) * self.sample_rate > self.max_frames * rate:
            raise DecodeError(
                f"{cell}: {len(frames)} frames of {rate} Hz would be {len(frames) * self.sample_rate // rate} of "
                f"{self.sample_rate} Hz, the most allowed is {self.max_frames} (max_frames)"
            )
        with decoding(str(cell), root):
            return self.window.cut(resample(mono(frames), rate, self.sample_rate))

    def widen(self, stored: Tensor) -> Tensor:
        return as_float(stored)

    def finish(self, stored: Input) -> Tokens:
        assert isinstance(stored, Tokens)
        return Tokens(as_float(stored.values), stored.lengths)

    def blank(self) -> Tensor:
        return torch.zeros(0, dtype=torch.int16)


def _checked(array: np.ndarray, max_frames: int) -> Tensor:
    if array.ndim != 1 or not (array.dtype == np.int16 or array.dtype.kind == "f"):
        raise DecodeError(f"a waveform must be float or int16 [samples], mono, found {array.dtype} {list(array.shape)}")
    wave = torch.tensor(array)
    if not 1 <= len(wave) <= max_frames:
        raise DecodeError(f"a waveform must have 1…{max_frames} samples (max_frames), found {len(wave)}")
    if wave.dtype == torch.int16:
        return wave
    if not wave.isfinite().all():
        raise DecodeError("a waveform must be finite, found NaN or infinity among its samples")
    return wave.float()
