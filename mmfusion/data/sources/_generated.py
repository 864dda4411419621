"""What sources that make their rows themselves have in common: options checked, splits drawn one by one, one table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from mmfusion.config.errors import suggest
from mmfusion.data.batches.seeds import mix
from mmfusion.data.table.table import Column, Table

SPLITS = ("train", "val", "test")


def checked(
    option: str, given: Mapping[Any, float], names: Sequence[str], low: float = 0, high: float | None = None
) -> dict[str, float]:
    """An option's numbers by name.

    Raises:
        ValueError: a name that is none of `names`, or a number below `low` or above `high`.
    """
    for name, number in given.items():
        if name not in names:
            raise ValueError(f"data.{option}: there is no {name!r}; {suggest(name, names)}")
        at_least(f"{option}.{name}", number, low, high)
    return dict(given)


def at_least(option: str, number: float, low: float, high: float | None = None) -> None:
    """Refuse a number out of range.

    Raises:
        ValueError: it is below `low`, or above `high` if there is one, or NaN.
    """
    if not low <= number <= (float("inf") if high is None else high):
        allowed = f"{low} or more" if high is None else f"a number from {low} to {high}"
        raise ValueError(f"data.{option}: expected {allowed}, found {number}")


def table_of(name: str, rows: Mapping[str, float], make: Callable[[str, int], Mapping[str, Column]]) -> Table:
    """The table whose splits `make` draws: its columns by split and number of rows; ids tell split and place."""
    counts = {split: int(rows.get(split, 0)) for split in SPLITS}
    parts = [make(split, n) for split, n in counts.items()]
    total = sum(counts.values())
    return Table(
        name=name,
        columns={column: _joined([part[column] for part in parts]) for column in parts[0]},
        splits=[split for split, n in counts.items() for _ in range(n)],
        ids=[f"{split}_{i:05d}" for split, n in counts.items() for i in range(n)],
        rows=range(1, total + 1),
    )


def generator(seed: int, *what: int | str) -> np.random.Generator:
    """A generator of its own for each thing that is drawn, so that none disturbs another's numbers."""
    return np.random.Generator(np.random.PCG64(mix(seed, *what)))


def _joined(parts: Sequence[Column]) -> Column:
    arrays = [part for part in parts if isinstance(part, np.ndarray)]
    return np.concatenate(arrays) if len(arrays) == len(parts) else [cell for part in parts for cell in part]
