"""Sound as statistics of its log-mel spectrogram: for tables with too few rows to train convolutions on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

import torch
from annotated_types import Ge, Gt, Interval
from torch import Tensor, nn
from torch.nn.functional import batch_norm, one_hot

from mmfusion.batch import Encoded, Input, Tokens
from mmfusion.encoders._base import Encoder
from mmfusion.encoders.layers import fully_connected
from mmfusion.encoders.log_mel import LogMel
from mmfusion.encoders.weights import load_weights


def statistics(mel_BTM: Tensor, frames_B: Tensor, parts: int) -> Tensor:
    """`[B, (3 + K)·M + 1]`: of each band mean, deviation, mean absolute change, and means of K equal parts of a row.

    The last number is the logarithm of the number of frames (Long, 1 or more); what is after them has no influence.
    """
    n_B1 = frames_B[:, None].to(mel_BTM.dtype)
    frame_T = torch.arange(mel_BTM.shape[1], device=mel_BTM.device)
    mask_BT = (frame_T < frames_B[:, None]).to(mel_BTM.dtype)
    mean_BM = (mel_BTM * mask_BT[..., None]).sum(1) / n_B1
    squares_BM = ((mel_BTM - mean_BM[:, None]).square() * mask_BT[..., None]).sum(1)
    change_BM = (mel_BTM.diff(dim=1).abs() * mask_BT[:, 1:, None]).sum(1) / (n_B1 - 1).clamp(min=1)
    part_BT = (frame_T * parts // frames_B[:, None]).clamp(max=parts - 1)
    weight_BTK = one_hot(part_BT, parts).to(mel_BTM.dtype) * mask_BT[..., None]
    parts_BKM = weight_BTK.mT @ mel_BTM / weight_BTK.sum(1)[..., None].clamp(min=1)
    return torch.cat([mean_BM, (squares_BM / n_B1).sqrt(), change_BM, parts_BKM.flatten(1), n_B1.log()], dim=1)


class SpectrogramStatistics(Encoder):
    """`f = Dropout(MLP((s − μ) / σ))` of the log-mel spectrogram's `statistics` s; without hidden layers linear.

    μ, σ are those of the batch in training and their moving averages (momentum 0.05) otherwise, as in batch
    normalisation (arXiv 1502.03167) without scale and shift: what tells one recording from another is small beside
    what all have in common. A batch of one row is standardised as in evaluation.

    Args:
        sample_rate: of the waveform, in Hz.
        window_ms, hop_ms, mels, dynamic_range_db, normalise: see `LogMel`.
        parts: equal parts of a row's duration of which the bands' means are taken.
        hidden: widths of the hidden layers, each `Dropout(ReLU(LayerNorm(W x + b)))`; empty: the statistics themselves.
        dropout: on the statistics and after each hidden layer.
        weights: local state dict to start from, or None.
    """

    kind = "speech"
    row_wise = False

    def __init__(
        self,
        sample_rate: int,
        window_ms: float = 32.0,
        hop_ms: float = 16.0,
        mels: Annotated[int, Ge(1)] = 40,
        dynamic_range_db: Annotated[float, Gt(0)] | None = 35.0,
        normalise: Literal["row", "band", "none"] = "row",
        parts: Annotated[int, Ge(1)] = 8,
        hidden: Sequence[Annotated[int, Ge(1)]] = (),
        dropout: Annotated[float, Interval(ge=0, le=1)] = 0.1,
        weights: str | None = None,
    ) -> None:
        super().__init__()
        self.parts = parts
        self.log_mel = LogMel(sample_rate, window_ms, hop_ms, mels, dynamic_range_db, normalise)
        width = (3 + parts) * mels + 1
        self.standardise = nn.BatchNorm1d(width, affine=False, momentum=0.05)
        self.dropout = nn.Dropout(dropout)
        self.layers, self.dim = fully_connected(width, hidden, dropout)
        load_weights(self, weights)

    def forward(self, x: Input) -> Encoded:
        assert isinstance(x, Tokens)
        mel_BTM, frames_B = self.log_mel(x.values, x.lengths)
        s_BF = statistics(mel_BTM, frames_B, self.parts)
        if self.training and len(s_BF) == 1:
            s_BF = batch_norm(s_BF, self.standardise.running_mean, self.standardise.running_var)
        else:
            s_BF = self.standardise(s_BF)
        return Encoded.from_pooled(self.layers(self.dropout(s_BF)))

    def stages(self) -> list[nn.Module]:
        return [self.standardise, self.layers]
