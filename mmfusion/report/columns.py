"""Settings of runs, key by key, and which key follows from which."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

ABSENT = object()
"""The value of a key that a config does not have, where null is a value."""


class Columns:
    """Settings of runs by key, and which key says what of another."""

    def __init__(self, rows: Sequence[Mapping[str, Any]]) -> None:
        self._columns: dict[str, tuple[Hashable, ...]] = {
            key: tuple(token(row.get(key, ABSENT)) for row in rows) for key in sorted({k for row in rows for k in row})
        }
        self._runs = len(rows)
        self.names = list(self._columns)

    def column(self, key: str) -> tuple[Hashable, ...]:
        return self._columns[key]

    def parts(self, key: str) -> int:
        """How many values the key has."""
        return len(set(self._columns[key]))

    def only_there_or_not(self, key: str) -> bool:
        """Whether runs that have the key have one value."""
        return len({*self._columns[key], token(ABSENT)}) == 2

    def follows(self, key: str, other: str) -> bool:
        """Whether there is a key `other`, and runs with one value of it have one value of `key`."""
        return other in self._columns and _function(self._columns[other], self._columns[key])

    def determined(self, key: str, others: Sequence[str], seeds: Sequence[Hashable]) -> bool:
        """Whether runs that agree in `others` and the seed agree in `key`."""
        rest = tuple(zip(seeds, *(self._columns[other] for other in others), strict=True))
        return _function(rest, self._columns[key])

    def is_each_ones_own(self, key: str) -> bool:
        """Whether every run has another value: then anything follows from it, and it explains nothing."""
        return self.parts(key) == self._runs


def token(value: Any) -> Hashable:
    """Equal for equal values, as dictionary keys need it: 1 and 1.0 are one, True and 1 are not."""
    if isinstance(value, bool) or value is None or value is ABSENT:
        return (type(value).__name__, str(value) if value is not ABSENT else "")
    if isinstance(value, Mapping):
        return tuple(sorted((str(key), token(each)) for key, each in value.items()))
    if isinstance(value, list | tuple):
        return ("list", *map(token, value))
    return float(value) if isinstance(value, int | float) else str(value)


def _function(of: Sequence[Hashable], what: Sequence[Hashable]) -> bool:
    seen: dict[Hashable, Hashable] = {}
    return all(seen.setdefault(a, b) == b for a, b in zip(of, what, strict=True))
