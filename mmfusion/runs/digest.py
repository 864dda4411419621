"""A short name for a set of rows."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable


def digest(rows: Iterable[str]) -> str:
    """The same for the same rows in any order, whatever process and machine tells it."""
    return hashlib.blake2b("\1".join(sorted(rows)).encode(), digest_size=8).hexdigest()
