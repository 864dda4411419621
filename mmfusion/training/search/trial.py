"""How a search tells the process that trains one of its trials which trial that is."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

TRIAL_VARIABLE = "MMFUSION_TRIAL"
"""The environment variable with a `Announcement` in JSON."""


@dataclass(frozen=True)
class Announcement:
    """What training must know to report to a study and to be pruned.

    Attributes:
        storage: its full name, as `resolve_storage` gives it.
        study: the study's name in there.
        trial: the trial's number.
        objectives: each with `metric` and `direction` (min or max).
        pruner: as the config describes it.
    """

    storage: str
    study: str
    trial: int
    objectives: Sequence[Mapping[str, str]]
    pruner: str | Mapping[str, Any] | None

    def environment(self) -> dict[str, str]:
        """For the process that trains."""
        return {TRIAL_VARIABLE: json.dumps(asdict(self))}


def announced() -> Announcement | None:
    """The trial that this process trains; None outside of a search."""
    text = os.environ.get(TRIAL_VARIABLE)
    return Announcement(**json.loads(text)) if text else None
