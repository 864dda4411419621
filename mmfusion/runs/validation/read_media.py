"""Read every medium of a modality once; note all that cannot be read, and fingerprint the rest."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor

from mmfusion.data.batches.modality import ModalityRows
from mmfusion.data.decode.parallel import decoded
from mmfusion.data.decode.paths import PathError, Root
from mmfusion.data.errors import DecodeError
from mmfusion.data.kinds._base import Kind
from mmfusion.data.kinds.image import Image
from mmfusion.data.table.table import Table
from mmfusion.progress import track
from mmfusion.runs.validation.findings import Unreadable

LOOKED_AT = 50_000
"""Images of which a thumbnail is kept, at most."""


@dataclass
class ModalityMedia:
    """The media of one modality of the whole table, by their place among its different cells."""

    inputs: ModalityRows  # which row holds which medium; each medium once
    splits: Mapping[int, set[str]]  # the splits that a medium is in
    broken: dict[int, str] = field(default_factory=dict)  # why it cannot be read
    prints: dict[int, bytes] = field(default_factory=dict)  # a fingerprint of what a file decodes to
    thumbnails: dict[int, Tensor] = field(default_factory=dict)  # what an image file looks like

    def unreadable(self, table: Table) -> list[Unreadable]:
        """All rows whose medium is broken, in the table's order."""
        if not self.broken:
            return []
        places = self.inputs.places.tolist()
        return [
            Unreadable(self.inputs.name, table.splits[i], int(table.rows[i]), str(self.inputs.cells[p]), self.broken[p])
            for i, p in enumerate(places)
            if p in self.broken
        ]


def read_media(name: str, kind: Kind, table: Table) -> ModalityMedia:
    """Decode all cells of a modality (fitted), in threads and with a progress bar; keep none of them."""
    inputs = ModalityRows(name, kind, table)
    media = ModalityMedia(inputs, splits_of(inputs.places.numpy(), table))
    if kind.decode_all(inputs.cells) is not None:
        return media
    images = len(inputs.cells) if isinstance(kind, Image) else 0
    looked_at = set(np.random.default_rng(0).permutation(images)[:LOOKED_AT].tolist())
    stream = decoded(cast(Kind, _Careful(kind)), inputs.cells, table.root)
    for place, medium in enumerate(track(stream, len(inputs.cells), f"reading {name}")):
        if isinstance(medium, DecodeError):
            media.broken[place] = str(medium)
        elif kind.reads_files:
            media.prints[place] = _print(medium)
            small = thumbnail(medium) if place in looked_at else None
            if small is not None:
                media.thumbnails[place] = small
    return media


def splits_of(places: np.ndarray, table: Table) -> dict[int, set[str]]:
    """A medium's place to the splits that it is in."""
    names = np.asarray(table.splits, dtype=object)
    splits: dict[int, set[str]] = defaultdict(set)
    for split in dict.fromkeys(table.splits):
        for place in np.unique(places[(names == split) & (places >= 0)]).tolist():
            splits[place].add(split)
    return splits


class _Careful:
    """A kind for which a path outside the root is one more medium that cannot be read."""

    def __init__(self, kind: Kind) -> None:
        self._kind = kind

    def decode(self, cell: Any, root: Root) -> Tensor:
        try:
            return self._kind.decode(cell, root)
        except PathError as error:
            raise DecodeError(f"{error}; training refuses such a table") from None


def _print(x: Tensor) -> bytes:
    shape = str(tuple(x.shape)).encode()
    return hashlib.blake2b(x.contiguous().view(torch.uint8).numpy().data, digest_size=12, key=shape).digest()


def thumbnail(image: Tensor) -> Tensor | None:
    """`[256 C]`, the means of 16 × 16 parts of `[C, H, W]` less their mean, of length 1; None where all are one."""
    parts = torch.nn.functional.adaptive_avg_pool2d(image.float(), 16).flatten()
    parts = parts - parts.mean()
    return (parts / parts.norm()).half() if parts.std() > 1 else None
