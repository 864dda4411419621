"""How a search tells the process that trains one of its trials which trial that is."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

TRIAL_VARIABLE = "MMFUSION_TRIAL"


@dataclass(frozen=True)
class Announcement:
    """What training must know to report to a study and to be pruned."""

    storage: str  # as `resolve_storage` gives it
    study: str
    trial: int
    objectives: Sequence[Mapping[str, str]]  # each with `metric` and `direction` (min or max)
    pruner: str | Mapping[str, Any] | None

    def environment(self) -> dict[str, str]:
        """For the process that trains."""
        return {TRIAL_VARIABLE: json.dumps(asdict(self))}


def announced() -> Announcement | None:
    """The trial that this process trains; None outside of a search."""
    text = os.environ.get(TRIAL_VARIABLE)
    return Announcement(**json.loads(text)) if text else None
