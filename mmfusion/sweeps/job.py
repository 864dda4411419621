"""One job of a sweep: what it trains, where it leaves it, and how it is recognised again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from mmfusion.config.environment import JOB_VARIABLE, SWEEP_VARIABLE
from mmfusion.config.override import parse_overrides


@dataclass(frozen=True)
class Job:
    """A job of a sweep.

    Attributes:
        overrides: as a person would type them after `mmfusion train`.
        hash: of the overrides.
        number: its place in the sweep, from 0; kept when the sweep is run again.
        folder: the run's folder.
    """

    overrides: tuple[str, ...]
    hash: str
    number: int
    folder: Path

    def environment(self) -> dict[str, str]:
        """What the process that runs it is told beside the overrides."""
        return {SWEEP_VARIABLE: self.folder.parent.name, JOB_VARIABLE: self.hash}

    def __str__(self) -> str:
        return f"job {self.number} ({' '.join(self.overrides) or 'no overrides'})"


def job_hash(overrides: Iterable[str]) -> str:
    """16 hexadecimal digits; the order of the overrides and the `+` or `++` before a key do not matter.

    Of two overrides of one key the later counts, so among those the order does matter.
    """
    given = sorted(parse_overrides(overrides), key=lambda override: override.name)
    return hashlib.sha256("\n".join(each.text.lstrip("+") for each in given).encode()).hexdigest()[:16]
