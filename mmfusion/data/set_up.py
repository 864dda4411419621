"""Tables of splits to rows that are ready for batches: checked, fitted, decoded as far as memory allows."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import torch

from mmfusion.data.batches.dataset import SplitDataset
from mmfusion.data.batches.modality import ModalityRows, cells_of
from mmfusion.data.checks import check_paths, check_present
from mmfusion.data.errors import CellsError, DataError, Problems, str_of
from mmfusion.data.kinds._base import Kind
from mmfusion.data.table.table import Table
from mmfusion.data.table.targets import fit_labels
from mmfusion.label_reader import LabelReader

log = logging.getLogger(__name__)

MEASURED = 10_000
"""Training media from which means and deviations are learned; more would hardly change them."""

_CHUNK = 256


def check_inputs(splits: Mapping[str, SplitDataset], *, skip_bare: bool) -> None:
    """Refuse paths that leave the media root and, unless they may be left out, rows without any modality."""
    problems = Problems(next(iter(splits.values())).table.name)
    for rows in splits.values():
        for inputs in rows.inputs.values():
            check_paths(inputs, rows.table, problems)
        if not skip_bare:
            check_present(rows.table, rows.present(), problems)
    problems.raise_if_any()


def fit_training(train: Table, kinds: Mapping[str, Kind], labels: Mapping[str, LabelReader]) -> None:
    """Fit labels and kinds on the training rows; DataError where one is empty in all, or cannot be fitted."""
    fit_labels(train, labels)
    for name, kind in kinds.items():
        cells = cells_of(train, name, kind)
        present = np.flatnonzero(cells.filled())
        if len(present) == 0:
            raise DataError(f"modality {name!r} is absent in all {len(train)} training rows of {train.name}")
        try:
            kind.fit(cells.take(present), train.root)
        except CellsError as error:
            raise _by_row(error, name, train, present) from None
        except ValueError as error:
            raise DataError(f"modality {name!r} of {train.name}: {error}") from None


def _by_row(error: CellsError, modality: str, table: Table, present: np.ndarray) -> DataError:
    """The error with rows for the places among the rows `present`; one block a column."""
    blocks = []
    for refused in error.refused:
        problems = Problems(table.name)
        for place, value in zip(refused.places, refused.values, strict=True):
            problems.add(int(table.rows[present[place]]), refused.column, value, refused.why)
        blocks.append(str_of(problems.first, len(problems), f"modality {modality!r}, {refused.advice}"))
    return DataError("\n".join(blocks))


def choose_cached(splits: Iterable[SplitDataset], how: str, limit_gb: float) -> list[str]:
    """Which modalities to decode once and keep: the smallest first, as many as the limit holds.

    One whose cells are in the table itself is kept whatever the limit: it is in memory already, and a cell that cannot
    be read, of whichever split, is found before training instead of in the middle of it.
    """
    splits = list(splits)
    names = list(splits[0].inputs)
    own = [name for name in names if not splits[0].inputs[name].kind.reads_files]
    if how == "none":
        return own
    if how == "memory":
        return names
    sizes = {name: sum(rows.inputs[name].estimate() for rows in splits) for name in names}
    chosen: list[str] = []
    left = limit_gb * 1e9
    for name in sorted(names, key=lambda name: sizes[name]):
        left -= sizes[name]
        if left >= 0 or name in own:
            chosen.append(name)
        else:
            log.info("%s is decoded batch by batch: %.1f GB would exceed the cache", name, sizes[name] / 1e9)
    return chosen


def load(splits: Mapping[str, SplitDataset], cached: Sequence[str]) -> None:
    """Decode the cached modalities of all splits; rows that lost what they had are marked."""
    for name in cached:
        for rows in splits.values():
            rows.load(name)
    for rows in splits.values():
        rows.kept &= torch.stack(list(rows.present().values())).any(0)


def measure_kinds(train: Mapping[str, ModalityRows]) -> None:
    """Let kinds learn means and deviations from training media."""
    for name, inputs in train.items():
        if not bool(inputs.present.any()):
            raise DataError(f"modality {name!r}: no medium of the training rows can be decoded")
        inputs.kind.measure(inputs.chunks(MEASURED, _CHUNK))
