"""One modality of one split: which row holds which medium, and the media, decoded once or each time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from mmfusion.data.batches.packed import Packed
from mmfusion.data.decode.parallel import decoded, read_all
from mmfusion.data.decode.paths import joined_paths
from mmfusion.data.errors import DecodeError
from mmfusion.data.kinds._base import Kind
from mmfusion.data.table.cells import Cells, factorise
from mmfusion.data.table.table import Table

SAMPLED = 32
"""Media decoded to estimate what all of them would take."""


def cells_of(table: Table, name: str, kind: Kind) -> Cells:
    """A modality's cells: of its columns, or of several that make the path of a file the paths."""
    columns = [table.column(column) for column in kind.columns or [name]]
    return Cells([joined_paths(columns)] if kind.reads_files and len(columns) > 1 else columns)


class ModalityRows:
    """`N` rows' cells of one modality. A medium that several rows name is kept in `cells`, and decoded, once.

    `places`, Long `[N]`, are the rows' media among them, −1 where a row lacks the modality.
    """

    def __init__(self, name: str, kind: Kind, table: Table) -> None:
        self.name = name
        self.kind = kind
        self.root = table.root
        self.columns = kind.columns or [name]
        self.packed: Packed | None = None  # all media, once `load` was called; None decodes them batch by batch
        cells = cells_of(table, name, kind)
        if len(cells.columns) == 1:
            unique, places = factorise(cells.columns[0])
            self.cells = Cells([unique])
        else:
            present = cells.filled()
            self.cells = cells.take(np.flatnonzero(present))
            places = np.where(present, np.cumsum(present) - 1, -1)
        self.places = torch.from_numpy(np.array(places, dtype=np.int64))  # a copy: polars' own is read-only

    @property
    def present(self) -> Tensor:
        """Bool `[N]`."""
        return self.places >= 0

    def estimate(self) -> int:
        """Bytes that all media take once decoded, from a few of them."""
        count = len(self.cells)
        if count == 0:
            return 0
        sample = self.cells.take(np.unique(np.linspace(0, count - 1, SAMPLED).astype(np.int64)))
        sizes = [x.nbytes for x in decoded(self.kind, sample, self.root) if isinstance(x, Tensor)]
        return round(count * sum(sizes) / len(sizes)) if sizes else 0

    def load(self, *, stop: bool) -> dict[int, str]:
        """Decode all media and keep them; gives the places of those that cannot be, and why; `stop` at the first."""
        self.packed, broken = read_all(self.kind, self.cells, self.root, f"reading {self.name}", stop=stop)
        return broken

    def fetch(self, places_B: Tensor) -> tuple[Packed, Tensor, dict[int, str]]:
        """The media at `places_B`, packed; their places there; and those rows of the batch that failed, with why."""
        if self.packed is not None:
            return self.packed, places_B, {}
        unique, inverse_B = torch.unique(places_B[places_B >= 0], return_inverse=True)
        packed, broken = read_all(self.kind, self.cells.take(unique.numpy()), self.root, "")
        local_B = torch.full_like(places_B, -1)
        local_B[places_B >= 0] = inverse_B
        failed = {row: broken[place] for row, place in enumerate(local_B.tolist()) if place in broken}
        return packed, local_B, failed

    def chunks(self, limit: int, size: int) -> Iterator[Tensor]:
        """Up to `limit` media spread over all, `size` at a time, for a kind to measure; broken ones left out."""
        used = torch.unique(self.places[self.places >= 0])
        if len(used) > limit:
            used = used[torch.linspace(0, len(used) - 1, limit, dtype=torch.float64).round().long()]
        if self.packed is not None:
            yield from self.packed.chunks(used, size)
            return
        for part in used.split(size):
            cells = self.cells.take(part.numpy())
            rows = [x for x in decoded(self.kind, cells, self.root) if not isinstance(x, DecodeError)]
            if rows:
                yield from Packed.of(rows, self.kind).chunks(torch.arange(len(rows)), len(rows))
