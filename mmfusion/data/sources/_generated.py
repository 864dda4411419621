"""What sources that make their rows themselves have in common: splits drawn one by one, one table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from mmfusion.config.split_rules import SPLITS
from mmfusion.data.batches.seeds import mix
from mmfusion.data.table.table import Column, Table


def table_of(name: str, rows: Mapping[Any, int], make: Callable[[str, int], Mapping[str, Column]]) -> Table:
    """The table whose splits `make` draws: its columns by split and number of rows; ids tell split and place."""
    counts = {split: int(rows.get(split, 0)) for split in SPLITS}
    parts = [make(split, n) for split, n in counts.items()]
    return Table(
        name=name,
        columns={column: _joined([part[column] for part in parts]) for column in parts[0]},
        splits=[split for split, n in counts.items() for _ in range(n)],
        ids=[f"{split}_{i:05d}" for split, n in counts.items() for i in range(n)],
        rows=range(1, sum(counts.values()) + 1),
    )


def generator(seed: int, *what: int | str) -> np.random.Generator:
    """A generator of its own for each thing that is drawn, so that none disturbs another's numbers."""
    return np.random.Generator(np.random.PCG64(mix(seed, *what)))


def _joined(parts: Sequence[Column]) -> Column:
    arrays = [part for part in parts if isinstance(part, np.ndarray)]
    return np.concatenate(arrays) if len(arrays) == len(parts) else [cell for part in parts for cell in part]
