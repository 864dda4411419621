"""Why a run of several processes ended, from the process that failed to the one that keeps the record.

When a rank fails, the others only see what follows from it: a lost connection, or the SIGTERM that torchrun sends to
those that are left. So a failing rank leaves a file in a folder that all ranks of a machine know.
"""

from __future__ import annotations

import json
import os
import re
import signal
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch.distributed import DistError

from mmfusion.runs.stopping import Stopped
from mmfusion.store.files import write
from mmfusion.store.folder import RunFolder

_LOST = re.compile(r"connection (closed|reset|refused)|broken pipe|gloo|nccl|tcpstore|process ?group", re.IGNORECASE)


class OtherRankError(RuntimeError):
    """Another rank failed, which ended this one; `traceback` is that rank's."""

    def __init__(self, failure: Mapping[str, Any]) -> None:
        super().__init__(f"rank {failure['rank']}: {failure['error']}")
        self.traceback: str = failure["traceback"]


def report_failure(folder: RunFolder, error: BaseException, when: float) -> None:
    """For ranks that keep no record: say why, unless the reason lies elsewhere. Where no folder is shared, nothing."""
    place = _place(folder)
    if _came_from_elsewhere(error) or not place.is_dir():
        return
    rank = int(os.environ.get("RANK", os.environ.get("LOCAL_RANK", 0)))
    failure = {"rank": rank, "when": when, "error": f"{type(error).__name__}: {error}"}
    failure["traceback"] = "".join(traceback.format_exception(error))
    write(place / f".mmfusion-rank-{rank}.json", failure)


def root_cause(folder: RunFolder, error: BaseException) -> BaseException:
    """The error itself, or what another rank reported before it, where this one only followed."""
    failures = []
    for path in _place(folder).glob(".mmfusion-rank-*.json"):
        failures.append(json.loads(path.read_text(encoding="utf-8")))
        path.unlink()
    if not failures or not _came_from_elsewhere(error):
        return error
    return OtherRankError(min(failures, key=lambda failure: failure["when"]))


def _came_from_elsewhere(error: BaseException) -> bool:
    """Whether an error may be what another rank's end looks like from here."""
    if isinstance(error, Stopped):
        return error.number == signal.SIGTERM
    return isinstance(error, DistError) or (isinstance(error, RuntimeError) and _LOST.search(str(error)) is not None)


def _place(folder: RunFolder) -> Path:
    """Where ranks of this machine meet: beside torchrun's error files, or in the run's folder.

    torchrun gives each rank the path `<folder of this attempt>/<local rank>/error.json`; other ranks than 0 do not know
    the run's folder there. The ranks that Lightning starts do.
    """
    given = os.environ.get("TORCHELASTIC_ERROR_FILE")
    return Path(given).parents[1] if given else folder.path
