"""Waveforms to log-mel spectrograms, inside the model and on its device.

Shapes: B rows, S samples, T frames, M mel bands.
"""

from __future__ import annotations

import warnings
from typing import Literal

import torch
from torch import Tensor, nn
from torchaudio.functional import melscale_fbanks

TINY = 1e-10


class LogMel(nn.Module):
    """`log(mel(|STFT(s)|²))`, clamped from below and standardised over a row's own frames, which no library does.

    Frame t is centred at sample `t·hop`; a row of n samples has `1 + ⌊n/hop⌋` frames, and what lies outside of it
    counts as silence. So a row gives the same frames whatever it is padded to. Later frames are zero. Always in
    float32: squares of small amplitudes vanish in half precision.

    Args:
        sample_rate: of the waveform, in Hz.
        window_ms: length of a frame (Hann window), in milliseconds; `n_fft` is the same in samples, and even.
        hop_ms: step from frame to frame, in milliseconds; `hop` is the same in samples.
        mels: M.
        dynamic_range_db: what lies further below the row's loudest point is lifted to this depth, or else noise and
            silence fill most of the range; None: no clamp.
        normalise: `row` (each row to mean 0 and deviation 1 over all its points), `band` (each band of each row over
            its frames), or `none`.

    Raises:
        ValueError: a window or hop of no sample, or bands that are empty.
    """

    window: Tensor
    filters: Tensor

    def __init__(
        self,
        sample_rate: int,
        window_ms: float,
        hop_ms: float,
        mels: int,
        dynamic_range_db: float | None,
        normalise: Literal["row", "band", "none"],
    ) -> None:
        super().__init__()
        n_fft, hop = 2 * round(window_ms * sample_rate / 2000), round(hop_ms * sample_rate / 1000)
        for name, value in (("window_ms", n_fft), ("hop_ms", hop)):
            if value < 1:
                raise ValueError(f"encoder speech {name}: expected samples at {sample_rate} Hz, found a length of none")
        self.n_fft, self.hop, self.normalise = n_fft, hop, normalise
        self.depth = None if dynamic_range_db is None else 10 ** (-dynamic_range_db / 10)
        filters_FM = _filters(n_fft, sample_rate, mels)
        self.register_buffer("window", torch.hann_window(n_fft), persistent=False)
        self.register_buffer("filters", filters_FM, persistent=False)

    def forward(self, waves_BS: Tensor, lengths_B: Tensor, multiple: int = 1) -> tuple[Tensor, Tensor]:
        """`[B, T, M]` with T a multiple of `multiple`, and each row's number of real frames."""
        lengths_B = lengths_B.clamp(min=1)
        frames_B = 1 + lengths_B // self.hop
        with torch.autocast(waves_BS.device.type, enabled=False):
            mel_BTM = self.power(waves_BS.float(), lengths_B, multiple)
            mask_BT1 = (torch.arange(mel_BTM.shape[1], device=mel_BTM.device) < frames_B[:, None])[..., None]
            if self.depth is not None:
                loudest_B11 = torch.where(mask_BT1, mel_BTM, 0.0).amax((1, 2), keepdim=True)
                mel_BTM = torch.maximum(mel_BTM, loudest_B11 * self.depth)
            log_BTM = mel_BTM.clamp(min=TINY).log()
            return torch.where(mask_BT1, self._standardise(log_BTM, mask_BT1, frames_B), 0.0), frames_B

    def power(self, waves_BS: Tensor, lengths_B: Tensor, multiple: int = 1) -> Tensor:
        """Mel energies `[B, T, M]`."""
        samples = waves_BS.shape[1]
        real_BS = torch.arange(samples, device=waves_BS.device) < lengths_B[:, None]
        count = -(-(1 + samples // self.hop) // multiple) * multiple
        left = self.n_fft // 2
        right = (count - 1) * self.hop + self.n_fft - left - samples
        padded_BS = nn.functional.pad(torch.where(real_BS, waves_BS, 0.0), (left, right))
        # Not torchaudio's MelSpectrogram, which cannot be compiled and puts window and filters into every checkpoint.
        spectrum_BFT = torch.stft(
            padded_BS, self.n_fft, self.hop, window=self.window, center=False, return_complex=True
        )
        return torch.view_as_real(spectrum_BFT).square().sum(-1).mT @ self.filters

    def _standardise(self, x_BTM: Tensor, mask_BT1: Tensor, frames_B: Tensor) -> Tensor:
        if self.normalise == "none":
            return x_BTM
        over = (1, 2) if self.normalise == "row" else (1,)
        count_B11 = frames_B[:, None, None] * (x_BTM.shape[2] if self.normalise == "row" else 1)
        mean_B1M = torch.where(mask_BT1, x_BTM, 0.0).sum(over, keepdim=True) / count_B11
        centred_BTM = torch.where(mask_BT1, x_BTM - mean_B1M, 0.0)
        deviation_B1M = (centred_BTM.square().sum(over, keepdim=True) / count_B11).sqrt()
        return centred_BTM / (deviation_B1M + 1e-5)


def _filters(n_fft: int, sample_rate: int, mels: int) -> Tensor:
    """Triangles `[F, M]`, each with at least one frequency in it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torchaudio warns of empty bands; here they are an error
        filters_FM = melscale_fbanks(n_fft // 2 + 1, 0.0, sample_rate / 2, mels, sample_rate)
    empty = int((filters_FM.amax(0) == 0).sum())
    if empty:
        raise ValueError(
            f"encoder speech mels: expected bands no narrower than the {sample_rate / n_fft:.0f} Hz between the "
            f"frequencies of a frame, found {empty} of {mels} bands empty; take fewer mels or a longer window_ms"
        )
    return filters_FM
