"""The rows of a split as simple features: a fixed number of plain numbers for each modality, or the ids of its tokens.

Shapes: B rows, L positions, S samples, T frames, M bands, C channels, F numbers.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from itertools import chain
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool1d, adaptive_avg_pool2d, one_hot

from mmfusion.batch import Batch, Input, Tokens
from mmfusion.data.batches.dataset import SplitDataset
from mmfusion.data.batches.sampler import BatchIndices
from mmfusion.data.kinds._base import Kind
from mmfusion.data.kinds.speech import Speech
from mmfusion.data.kinds.tabular import Tabular
from mmfusion.data.table.table import filled
from mmfusion.encoders.log_mel import LogMel
from mmfusion.encoders.spectrogram_statistics import statistics

_AT_ONCE = 256
GRID, CELLS, ORIENTATIONS, BINS = 16, 4, 9, 8
SEGMENTS = 8
MOST_NUMBERS = 2048  # wider vectors of features are averaged over neighbours to this width
Raw = np.ndarray | list[list[int]]  # a modality's numbers `[N, F]`, or the token ids of each text


@dataclass(frozen=True)
class SimpleFeatures:
    """`N` rows of one split."""

    raw: dict[str, Raw]  # of each modality, not yet scaled
    present: dict[str, np.ndarray]  # modality to Bool `[N]`
    targets: dict[str, Tensor]  # task to `[N, ...]`
    labelled: dict[str, Tensor]  # task to Bool `[N]`
    ids: list[str]

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, modality: str, rows: np.ndarray) -> Raw:
        raw = self.raw[modality]
        return [raw[i] for i in rows.tolist()] if isinstance(raw, list) else raw[rows]


def read_features(rows: SplitDataset, kinds: Mapping[str, Kind], most: int | None = None) -> SimpleFeatures:
    """Decode a (fitted, labelled) split as evaluation does and keep simple features, of `most` rows drawn or of all."""
    kept = rows.kept.nonzero()[:, 0].numpy()
    if most is not None and len(kept) > most:
        kept = np.sort(np.random.default_rng(0).choice(kept, most, replace=False))
    parts: dict[str, list[Any]] = {name: [] for name in kinds}
    batches = []
    for start in range(0, len(kept), _AT_ONCE):
        batch = rows[BatchIndices(kept[start : start + _AT_ONCE], None)]
        for name, kind in kinds.items():
            parts[name].append(simple_features(batch.inputs[name], kind))
        batches.append(Batch({}, batch.present, batch.targets, batch.labelled, batch.ids))
    ids = [id for batch in batches for id in batch.ids]
    raw: dict[str, Raw] = {
        name: [*chain.from_iterable(of_batches)] if isinstance(of_batches[0], list) else torch.cat(of_batches).numpy()
        for name, of_batches in parts.items()
    }
    place = {id: i for i, id in enumerate(rows.ids.tolist())}
    at = np.array([place[id] for id in ids])
    for name, kind in kinds.items():
        if isinstance(kind, Tabular) and kind.scales:
            empty = np.stack([~filled(rows.table.column(column)) for column in kind.scales], 1)[at]
            raw[name] = np.concatenate([np.asarray(raw[name]), empty.astype(np.float32)], axis=1)
    return SimpleFeatures(
        raw,
        {name: torch.cat([batch.present[name] for batch in batches]).numpy() for name in kinds},
        {task: torch.cat([batch.targets[task] for batch in batches]) for task in rows.labels},
        {task: torch.cat([batch.labelled[task] for batch in batches]) for task in rows.labels},
        ids,
    )


def simple_features(x: Input, kind: Kind) -> Tensor | list[list[int]]:
    """Plain features of a batch of one modality, by the form that its kind gives it in; the token ids of each text."""
    if isinstance(x, Tokens):
        if not x.values.is_floating_point():
            pairs = zip(x.values.tolist(), x.lengths.tolist(), strict=True)
            return [ids[:length] for ids, length in pairs]
        if isinstance(kind, Speech):
            return log_mel_statistics(x, kind.sample_rate)
        return sequence(Tokens(x.values[:, :, None].flatten(2), x.lengths))
    if isinstance(kind, Tabular):
        return table(x, kind.numeric, kind.cardinalities)
    return image(x) if x.ndim == 4 else vectors(x)


def vectors(x_BF: Tensor) -> Tensor:
    """Vectors as they are, and tensors of any other shape laid out as one; very wide ones averaged over neighbours."""
    x_BF = x_BF.float().flatten(1)
    if x_BF.shape[1] <= MOST_NUMBERS:
        return x_BF
    return adaptive_avg_pool1d(x_BF[:, None], MOST_NUMBERS)[:, 0]


def table(x_BF: Tensor, numeric: int, cardinalities: Sequence[int]) -> Tensor:
    """The numbers, and each category one-hot; level 0 (unknown or empty) is all zeros."""
    codes = x_BF[:, numeric:].long().unbind(1)
    hot = [one_hot(code_B, levels)[:, 1:].float() for code_B, levels in zip(codes, cardinalities, strict=True)]
    return torch.cat([x_BF[:, :numeric].float(), *hot], dim=1)


def sequence(x: Tokens) -> Tensor:
    """Mean, deviation, lowest, highest and slope over time of each channel, `[B, 5C + 1]`; the last is log length."""
    values_BLC, lengths_B = x.values.float(), x.lengths.clamp(min=1)
    at_L = torch.arange(values_BLC.shape[1])
    mask_BL1 = (at_L < lengths_B[:, None])[..., None]
    n_B1 = lengths_B[:, None].float()
    mean_BC = torch.where(mask_BL1, values_BLC, 0.0).sum(1) / n_B1
    centred_BLC = torch.where(mask_BL1, values_BLC - mean_BC[:, None], 0.0)
    # Time from −1 to 1 over a row's own length, so that slopes of long and short rows compare.
    time_BL = (2 * at_L - (n_B1 - 1)) / n_B1
    time_BL1 = torch.where(mask_BL1, time_BL[..., None], 0.0)
    slope_BC = (time_BL1 * centred_BLC).sum(1) / time_BL1.square().sum(1).clamp(min=1e-6)
    return torch.cat(
        [
            mean_BC,
            (centred_BLC.square().sum(1) / n_B1).sqrt(),
            torch.where(mask_BL1, values_BLC, math.inf).amin(1),
            torch.where(mask_BL1, values_BLC, -math.inf).amax(1),
            slope_BC,
            lengths_B[:, None].float().log(),
        ],
        dim=1,
    ).nan_to_num(posinf=0.0, neginf=0.0)


def log_mel_statistics(x: Tokens, sample_rate: int) -> Tensor:
    """Of each mel band of a waveform: mean, deviation, mean absolute change, and the means of eight equal parts."""
    mel_BTM, frames_B = _log_mel(sample_rate)(x.values.float(), x.lengths)
    return statistics(mel_BTM, frames_B, SEGMENTS)


@cache
def _log_mel(sample_rate: int) -> LogMel:
    """Forty bands, or fewer where a low rate has no frequencies for them."""
    for bands in (40, 20, 10, 5, 2):
        with suppress(ValueError):
            return LogMel(sample_rate, 32.0, 16.0, bands, 35.0, "row")
    return LogMel(sample_rate, 32.0, 16.0, 1, 35.0, "row")


def image(x_BCHW: Tensor) -> Tensor:
    """A grid of 16×16 grey values, a 4×4 grid of gradient orientations (Dalal and Triggs 2005), colour histograms."""
    x_BCHW = x_BCHW.float()
    small_B1HW = adaptive_avg_pool2d(x_BCHW.mean(1, keepdim=True), 2 * GRID)
    down_BHW = small_B1HW[:, 0, 2:, 1:-1] - small_B1HW[:, 0, :-2, 1:-1]
    right_BHW = small_B1HW[:, 0, 1:-1, 2:] - small_B1HW[:, 0, 1:-1, :-2]
    turn_BHW = torch.atan2(down_BHW, right_BHW).remainder(math.pi) / math.pi * ORIENTATIONS
    bin_BHW = turn_BHW.long().clamp(0, ORIENTATIONS - 1)
    strength_BHW = (down_BHW.square() + right_BHW.square()).sqrt()
    votes_BOHW = (one_hot(bin_BHW, ORIENTATIONS) * strength_BHW[..., None]).permute(0, 3, 1, 2)
    edges_BF = adaptive_avg_pool2d(votes_BOHW, CELLS).flatten(1)
    edges_BF = edges_BF / edges_BF.norm(dim=1, keepdim=True).clamp(min=1e-6)
    # Of standardised values, so eight bins from −2 to 2 deviations, the outer two open.
    bins_BCHW = ((x_BCHW + 2) / 4 * BINS).long().clamp(0, BINS - 1)
    shares = [(bins_BCHW == k).float().mean((2, 3)) for k in range(BINS)]
    return torch.cat([adaptive_avg_pool2d(small_B1HW, GRID).flatten(1), edges_BF, *shares], dim=1)
