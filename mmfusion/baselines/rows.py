"""The rows of a split as simple features, labels and masks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mmfusion.baselines import numbers
from mmfusion.batch import Batch, Input, Tokens
from mmfusion.data.batches.dataset import SplitDataset
from mmfusion.data.batches.sampler import BatchIndices
from mmfusion.data.kinds._base import Kind
from mmfusion.data.kinds.speech import Speech
from mmfusion.data.kinds.tabular import Tabular
from mmfusion.data.table.table import filled

_AT_ONCE = 256

Raw = np.ndarray | list[list[int]]
"""A modality's numbers `[N, F]`, or the token ids of each text."""


@dataclass(frozen=True)
class SimpleFeatures:
    """`N` rows of one split.

    Attributes:
        raw: modality to its features, not yet scaled.
        present: modality to Bool `[N]`.
        targets: task to `[N, ...]`.
        labelled: task to Bool `[N]`.
        ids: the rows' ids.
    """

    raw: dict[str, Raw]
    present: dict[str, np.ndarray]
    targets: dict[str, Tensor]
    labelled: dict[str, Tensor]
    ids: list[str]

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, modality: str, rows: np.ndarray) -> Raw:
        """A modality's features of some rows."""
        raw = self.raw[modality]
        return [raw[i] for i in rows.tolist()] if isinstance(raw, list) else raw[rows]


def read_features(rows: SplitDataset, kinds: Mapping[str, Kind], most: int | None = None) -> SimpleFeatures:
    """Decode a split as evaluation does and keep simple features of it.

    Args:
        rows: of the split, fitted and labelled.
        kinds: modality to kind.
        most: so many rows at the most, drawn at random; None takes all.
    """
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
            return numbers.log_mel_statistics(x, kind.sample_rate)
        return numbers.sequence(Tokens(x.values[:, :, None].flatten(2), x.lengths))
    if isinstance(kind, Tabular):
        return numbers.table(x, kind.numeric, kind.cardinalities)
    return numbers.image(x) if x.ndim == 4 else numbers.vectors(x)
