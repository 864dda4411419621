"""Speech as an image of its spectrogram, through a small convolutional network.

Shapes: B rows, S samples, T frames, M mel bands, D features.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Annotated, Literal

import torch
from annotated_types import Ge, Gt, Interval
from torch import nn

from mmfusion.batch import Encoded, Input, Tokens
from mmfusion.encoders._base import Encoder
from mmfusion.encoders.layers import FeatureDropout, per_stage
from mmfusion.encoders.log_mel import LogMel
from mmfusion.encoders.masked_conv import MaskedStage
from mmfusion.encoders.pooling import GridPooling, Pooling
from mmfusion.encoders.spec_augment import SPEC_AUGMENT, SpecAugment, SpecAugmentOptions
from mmfusion.encoders.weights import load_weights


class SpectrogramCNN(Encoder):
    """`f = CNN(Spectrogram(S))`: log-mel, stages of convolution, norm, ReLU and pooling, then one vector.

    Everything is masked by length: the amount of padding behind a row changes nothing but the order of additions.

    Args:
        sample_rate: of the waveform, in Hz.
        window_ms, hop_ms: length of a frame and step from frame to frame, in milliseconds.
        mels: bands of the spectrogram.
        dynamic_range_db: what lies further below a row's loudest point is lifted to this depth; None: no clamp.
        normalise: each row's spectrogram by its own mean and deviation (`row`), each band of it (`band`), or `none`.
        spec_augment: options of `SpecAugment` (time, frequency, masks, tempo, pitch, shift), which acts in training
            only; None: nothing.
        widths: channels of each stage.
        kernels: side of each stage's kernel, odd. Of a list shorter than `widths` the last number goes on.
        strides: stride of each stage's convolution; likewise.
        pools: max-pooling between stages, 1 for none; likewise.
        norm: `group` (over a row's real frames), `layer` (over the channels of each point) or `none`. There is no
            batch norm: its statistics would mix rows, and count padding.
        pooling: `grid` (means over `grid_time` × `grid_frequency` cells of the row's own duration, then Linear,
            LayerNorm and ReLU: keeps when and how high; tokens are the cells), or mean, max or attention over the
            frames of the last map, each the mean of its bands; these are then the tokens.
        grid_time, grid_frequency: cells of the grid.
        dim: width of the result with `grid`; otherwise it is the last of `widths`.
        dropout: on the result.
        weights: local state dict to start from, or None.

    Raises:
        ValueError: an unknown norm or pooling, lists that do not fit, more halvings than `mels` allows.
    """

    kind = "speech"
    gives_tokens = True

    def __init__(
        self,
        sample_rate: int,
        window_ms: float = 32.0,
        hop_ms: float = 16.0,
        mels: Annotated[int, Ge(1)] = 40,
        dynamic_range_db: Annotated[float, Gt(0)] | None = 35.0,
        normalise: Literal["row", "band", "none"] = "row",
        spec_augment: SpecAugmentOptions | None = SPEC_AUGMENT,
        widths: Sequence[int] = (16, 32, 64),
        kernels: Sequence[int] = (5, 3),
        strides: Sequence[int] = (2, 1),
        pools: Sequence[int] = (2,),
        norm: Literal["group", "layer", "none"] = "group",
        pooling: Literal["grid", "mean", "max", "attention"] = "grid",
        grid_time: Annotated[int, Ge(1)] = 4,
        grid_frequency: Annotated[int, Ge(1)] = 2,
        dim: Annotated[int, Ge(1)] = 128,
        dropout: Annotated[float, Interval(ge=0, le=1)] = 0.1,
        weights: str | None = None,
    ) -> None:
        super().__init__()
        stages = per_stage(1, widths, kernels, strides, pools)
        self.shrink = prod(stride * pool for *_, stride, pool in stages)
        if mels < self.shrink:
            raise ValueError(
                f"encoder speech mels: expected {self.shrink} or more with these strides and pools, found {mels}"
            )
        self.log_mel = LogMel(sample_rate, window_ms, hop_ms, mels, dynamic_range_db, normalise)
        self.spec_augment = None if spec_augment is None else SpecAugment(**spec_augment)
        self.layers = nn.ModuleList(MaskedStage(*stage, norm) for stage in stages)
        self.dim = dim if pooling == "grid" else widths[-1]
        self.grid = GridPooling(widths[-1], dim, grid_time, grid_frequency) if pooling == "grid" else None
        self.pool = None if pooling == "grid" else Pooling(pooling, widths[-1])
        self.dropout = FeatureDropout(dropout)
        load_weights(self, weights)
        # Convolutions on a CPU, and with bf16 on a GPU, are fastest with the channels innermost.
        self.layers.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def forward(self, x: Input) -> Encoded:
        assert isinstance(x, Tokens)
        mel_BTM, frames_B = self.log_mel(x.values, x.lengths, multiple=self.shrink)
        if self.spec_augment is not None:
            mel_BTM = self.spec_augment(mel_BTM, frames_B)
        map_BDTM = mel_BTM[:, None].contiguous(memory_format=torch.channels_last)
        for stage in self.layers:
            map_BDTM, frames_B = stage(map_BDTM, frames_B)
        if self.grid is not None:
            return self.dropout(self.grid(map_BDTM, frames_B))
        assert self.pool is not None
        tokens_BTD = map_BDTM.mean(3).transpose(1, 2)
        mask_BT = Tokens(tokens_BTD, frames_B).mask()
        return self.dropout(Encoded(self.pool(tokens_BTD, mask_BT), tokens_BTD, mask_BT))

    def stages(self) -> list[nn.Module]:
        return [*self.layers, *(head for head in (self.grid, self.pool) if head is not None)]
