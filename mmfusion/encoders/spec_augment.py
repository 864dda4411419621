"""Random changes of spectrograms, in training.

Shapes: B rows, T frames, M bands. `x` is standardised, and zero in every frame after a row's end.
"""

from __future__ import annotations

from typing import Annotated

import torch
from annotated_types import Ge, Interval
from torch import Tensor, nn
from typing_extensions import TypedDict  # pydantic reads typing's from Python 3.12 on

Share = Annotated[float, Interval(ge=0, le=1)]


class SpecAugmentOptions(TypedDict, total=False):
    """Arguments of `SpecAugment`, all of them 0 (and `masks` 1) where they are left out."""

    time: Share
    frequency: Share
    masks: Annotated[int, Ge(0)]
    tempo: Share
    pitch: Share
    shift: Share


SPEC_AUGMENT = SpecAugmentOptions(time=0.3, frequency=0.2, masks=1, tempo=0.2, pitch=0.15, shift=0.1)
"""The default of an encoder of spectrograms."""


class SpecAugment(nn.Module):
    """Each row faster or slower, higher or lower, earlier or later, and with holes; acts in training only.

    First, frame t and band m of the result are taken at `clip(t·e^a + d·n, 0, n - 1)` and `clip(m·e^b, 0, M - 1)` of
    the row, which has n frames, with `a ~ U(-tempo, tempo)`, `b ~ U(-pitch, pitch)` and `d ~ U(-shift, shift)`, linear
    between points. Then each of `masks` holes along a side of k points gets a width from `U(0, w)`, w being the given
    share of k, a start from `U(0, k - width)`, and the value 0, the mean. A row keeps its n frames.

    Paper: Park et al., arXiv 1904.08779 (holes); Jaitly and Hinton, Vocal tract length perturbation, 2013 (pitch).
    Deviation: speed changes over the whole row at once, instead of around a random point.

    Args:
        time: greatest share of a row's frames in one hole.
        frequency: greatest share of the bands in one hole.
        masks: holes along each side.
        tempo: greatest change of speed, as a logarithm: 0.2 is about 20 percent.
        pitch: greatest change of frequency, likewise.
        shift: greatest shift, as a share of the row's frames.
    """

    def __init__(
        self,
        time: float = 0.0,
        frequency: float = 0.0,
        masks: int = 1,
        tempo: float = 0.0,
        pitch: float = 0.0,
        shift: float = 0.0,
    ) -> None:
        super().__init__()
        self.time, self.frequency, self.masks = time, frequency, masks
        self.tempo, self.pitch, self.shift = tempo, pitch, shift

    def forward(self, x_BTM: Tensor, frames_B: Tensor) -> Tensor:
        if not self.training:
            return x_BTM
        if self.tempo or self.pitch or self.shift:
            x_BTM = self._moved(x_BTM, frames_B)
        bands_B = torch.full_like(frames_B, x_BTM.shape[2])
        for _ in range(self.masks):
            if self.time:
                x_BTM = x_BTM.masked_fill(_hole(frames_B, self.time, x_BTM.shape[1])[:, :, None], 0.0)
            if self.frequency:
                x_BTM = x_BTM.masked_fill(_hole(bands_B, self.frequency, x_BTM.shape[2])[:, None, :], 0.0)
        return x_BTM

    def _moved(self, x_BTM: Tensor, frames_B: Tensor) -> Tensor:
        rows, frames, bands = x_BTM.shape
        device = x_BTM.device
        tempo_B1, pitch_B1, shift_B1 = (torch.rand(rows, 3, device=device) * 2 - 1).split(1, dim=1)
        frames_B1 = frames_B[:, None]
        frame_T = torch.arange(frames, device=device)
        time_BT = frame_T * (self.tempo * tempo_B1).exp() + self.shift * shift_B1 * frames_B1
        time_BT = torch.minimum(time_BT.clamp(min=0), frames_B1 - 1)
        band_BM = (torch.arange(bands, device=device) * (self.pitch * pitch_B1).exp()).clamp(max=bands - 1)
        moved_BTM = interpolate(interpolate(x_BTM, time_BT).transpose(1, 2), band_BM).transpose(1, 2)
        return torch.where((frame_T < frames_B1)[..., None], moved_BTM, 0.0)


def interpolate(x_BPC: Tensor, places_BQ: Tensor) -> Tensor:
    """`[B, Q, C]`: `x` at fractional places along P, linear between its points; places lie in [0, P - 1]."""
    below_BQ = places_BQ.floor().clamp(max=x_BPC.shape[1] - 1)
    index_BQC = below_BQ.long()[..., None].expand(-1, -1, x_BPC.shape[2])
    above_BQC = (index_BQC + 1).clamp(max=x_BPC.shape[1] - 1)
    return torch.lerp(x_BPC.gather(1, index_BQC), x_BPC.gather(1, above_BQC), (places_BQ - below_BQ)[..., None])


def _hole(counts_B: Tensor, share: float, points: int) -> Tensor:
    """Bool `[B, points]`, True inside of a random stretch of each row's first `counts_B` points."""
    width_B, start_B = torch.rand(2, len(counts_B), device=counts_B.device)
    width_B1 = (width_B * share * counts_B)[:, None]
    start_B1 = start_B[:, None] * (counts_B[:, None] - width_B1)
    point_P = torch.arange(points, device=counts_B.device)
    return (point_P >= start_B1) & (point_P < start_B1 + width_B1)
