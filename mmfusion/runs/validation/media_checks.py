"""Media of all splits: each is read once; what cannot be read, and what is in two splits and must not be."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import polars as pl
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
from mmfusion.runs.validation.related_rows import listed, share_in_training, tested

LOOKED_AT = 50_000  # images of which a thumbnail is kept, at most
TESTED, TRAINED = 2000, 20_000  # images that are compared, at most
WORTH_SAYING = 0.01  # share of the tested images from which on it is said; one in thousands may look alike by chance
# One minus the correlation of two thumbnails. Saved again it is 0.001, of two handwritten digits 0.007.
_DIFFERENT = 0.004


@dataclass
class ModalityMedia:
    """The media of one modality of the whole table, by their place among its different cells."""

    inputs: ModalityRows  # which row holds which medium; each medium once
    table: Table
    splits: dict[int, set[str]] = field(default_factory=dict)  # those that a medium is in
    broken: dict[int, str] = field(default_factory=dict)  # why it cannot be read
    prints: dict[int, bytes] = field(default_factory=dict)  # a fingerprint of what a file decodes to
    thumbnails: dict[int, Tensor] = field(default_factory=dict)  # what an image file looks like

    def __post_init__(self) -> None:
        names, places = np.asarray(self.table.splits, dtype=object), self.inputs.places.numpy()
        for split in dict.fromkeys(self.table.splits):
            for place in np.unique(places[(names == split) & (places >= 0)]).tolist():
                self.splits.setdefault(place, set()).add(split)

    def unreadable(self) -> dict[int, int]:
        """Row to place of each medium that is broken, in the table's order."""
        return {row: place for row, place in enumerate(self.inputs.places.tolist()) if place in self.broken}

    def shared_files(self) -> str | None:
        """Files that the training split shares with another, as a message."""
        shared = [place for place, splits in self.splits.items() if len(splits) > 1 and "train" in splits]
        if not shared:
            return None
        names = [f"{self.inputs.cells[place]} ({', '.join(sorted(self.splits[place]))})" for place in shared]
        related = share_in_training(pl.Series(self.inputs.places.numpy()).replace(-1, None), self.table)
        return (
            f"{self.inputs.name}: {len(shared)} files of the training split are in another split too, those of "
            f"{related:.1%} of the {tested(self.table)} rows among them: {listed(names)}"
        )

    def same_content(self) -> str | None:
        """Different files that hold the same, one in the training split and one in another, as a message."""
        places: dict[bytes, list[int]] = defaultdict(list)
        for place, fingerprint in self.prints.items():
            places[fingerprint].append(place)
        pairs = []
        for same in places.values():
            training = [place for place in same if "train" in self.splits[place]]
            others = [place for place in same if "train" not in self.splits[place]]
            if training and others:
                there = ", ".join(sorted(self.splits[others[0]]))
                pairs.append(f"{self.inputs.cells[training[0]]} (train) = {self.inputs.cells[others[0]]} ({there})")
        if not pairs:
            return None
        return (
            f"{self.inputs.name}: {len(pairs)} training media are in another split under another name: {listed(pairs)}"
        )

    def chosen_and_tested_on(self) -> str | None:
        """Media that the checkpoint is chosen on and tested on, under one name or two, as a message."""
        places: dict[bytes | int, list[int]] = defaultdict(list)
        for place in self.splits:
            places[self.prints.get(place, place)].append(place)
        shared = []
        for same in places.values():
            splits = set().union(*(self.splits[place] for place in same))
            if "train" not in splits and {"val", "test"} <= splits:
                shared.append(" = ".join(str(self.inputs.cells[place]) for place in same))
        return f"{self.inputs.name}: {len(shared)} media are in both val and test: {listed(shared)}" if shared else None

    def similar_images(self) -> str | None:
        """Images of training that look like one that is tested on (the file was saved again), as a message."""
        split, seen = tested(self.table), [place for place in self.splits if place in self.thumbnails]
        known = [place for place in self.thumbnails if "train" in self.splits[place]][:TRAINED]
        others = [place for place in seen if "train" not in self.splits[place] and split in self.splits[place]][:TESTED]
        if not known or not others:
            return None
        first, second = (torch.stack([self.thumbnails[p] for p in places]).float() for places in (known, others))
        nearest = (second @ first.T).max(dim=1)
        pairs = []
        for place, likeness, at in zip(others, nearest.values.tolist(), nearest.indices.tolist(), strict=True):
            twin = known[at]
            if 1 - likeness <= _DIFFERENT and self.prints.get(place) != self.prints.get(twin):
                pairs.append(f"{self.inputs.cells[twin]} (train) ≈ {self.inputs.cells[place]} ({split})")
        if len(pairs) < max(1, WORTH_SAYING * len(others)):
            return None
        return (
            f"{self.inputs.name}: {len(pairs)} of {len(others)} {split} images look like one of training, perhaps "
            f"saved again or in another size: {listed(pairs)}"
        )


def read_media(name: str, kind: Kind, table: Table) -> ModalityMedia:
    """Decode all cells of a modality (fitted), in threads and with a progress bar; keep none of them."""
    media = ModalityMedia(ModalityRows(name, kind, table), table)
    cells = media.inputs.cells
    if kind.decode_all(cells) is not None:
        return media
    images = len(cells) if isinstance(kind, Image) else 0
    looked_at = set(np.random.default_rng(0).permutation(images)[:LOOKED_AT].tolist())

    def decode(cell: Any, root: Root) -> Tensor:
        """A path outside the root is one more medium that cannot be read."""
        try:
            return kind.decode(cell, root)
        except PathError as error:
            raise DecodeError(f"{error}; training refuses such a table") from None

    stream = decoded(cast(Kind, SimpleNamespace(decode=decode)), cells, table.root)
    for place, medium in enumerate(track(stream, len(cells), f"reading {name}")):
        if isinstance(medium, DecodeError):
            media.broken[place] = str(medium)
        elif kind.reads_files:
            shape, content = str(tuple(medium.shape)).encode(), medium.contiguous().view(torch.uint8).numpy().data
            media.prints[place] = hashlib.blake2b(content, digest_size=12, key=shape).digest()
            if place in looked_at and (small := thumbnail(medium)) is not None:
                media.thumbnails[place] = small
    return media


def thumbnail(image: Tensor) -> Tensor | None:
    """`[256 C]`, the means of 16 × 16 parts of `[C, H, W]` less their mean, of length 1; None where all are one."""
    parts = torch.nn.functional.adaptive_avg_pool2d(image.float(), 16).flatten()
    parts = parts - parts.mean()
    return (parts / parts.norm()).half() if parts.std() > 1 else None
