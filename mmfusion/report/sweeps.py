"""Sweeps as their folders tell them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from mmfusion.report.runs import SWEEP, Run, parsed

CONCLUSION = "conclusion.md"
"""What a study writes into its sweep's folder."""

_LONGEST = 100_000  # characters


def read_sweep(folder: Path) -> dict[str, Any]:
    """A sweep's `sweep.json`; empty if it is not there or cannot be read."""
    try:
        found = parsed(folder / SWEEP)
    except (OSError, ValueError, yaml.YAMLError):
        return {}
    return found if isinstance(found, dict) else {}


def not_begun(runs: Sequence[Run]) -> list[tuple[Path, int, int]]:
    """Sweeps that have fewer runs than were planned: the folder, how many are to come, how many were planned.

    A search is left out: it may draw more trials than it is asked to finish.
    """
    found = []
    for sweep, begun in sorted(Counter(run.sweep for run in runs if run.sweep is not None).items()):
        told = read_sweep(sweep)
        jobs = told.get("jobs")
        planned = len(jobs) if isinstance(jobs, dict) else told.get("planned")
        if told.get("kind") == "grid" and isinstance(planned, int) and planned > begun:
            found.append((sweep, planned - begun, planned))
    return found


def conclusions(runs: Sequence[Run]) -> list[list[str]]:
    """Name and text of what each study among the sweeps has concluded."""
    found = []
    for sweep in sorted({run.sweep for run in runs if run.sweep is not None}):
        try:
            text = (sweep / CONCLUSION).read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        found.append([sweep.name, text[:_LONGEST]])
    return found
