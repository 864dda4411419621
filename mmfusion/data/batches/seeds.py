"""Seeds from seeds: independent of order, process and batch size."""

from __future__ import annotations

import zlib

_MASK = (1 << 64) - 1


def mix(*parts: int | str) -> int:
    """A seed of 63 bits that depends on every part and on their order (splitmix64, Steele et al. 2014)."""
    state = 0
    for part in parts:
        value = zlib.crc32(part.encode()) if isinstance(part, str) else part
        state = (state ^ (value & _MASK)) + 0x9E3779B97F4A7C15 & _MASK
        state = (state ^ state >> 30) * 0xBF58476D1CE4E5B9 & _MASK
        state = (state ^ state >> 27) * 0x94D049BB133111EB & _MASK
        state ^= state >> 31
    return state >> 1
