"""Who works on a trial, and whether they still live."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from mmfusion.runs.process import identity as identity  # for the rest of the room
from mmfusion.runs.process import is_alive
from mmfusion.runs.process import is_here as is_here

_POLL = 0.1  # seconds


def is_gone(
    owner: Mapping[str, Any], folders: Sequence[Path], stale_after_s: float | None, since: datetime | None = None
) -> bool:
    """Whether the process that owns a trial has ended.

    Of a process on another host nobody here can tell; it counts as gone once nothing below the trial's folders has been
    written for `stale_after_s` seconds, if such a limit is set.

    Args:
        owner: as `identity` gives it.
        folders: of all the trial's jobs; those of jobs that have not started do not exist yet.
        stale_after_s: None for never.
        since: when it began, which counts like something written.
    """
    if is_here(owner):
        return not is_alive(owner)
    if stale_after_s is None:
        return False
    paths = [path for folder in folders for path in (folder, *folder.glob("*"))]
    times = [path.stat().st_mtime for path in paths if path.exists()]
    return time.time() - max([*times, since.timestamp() if since else 0.0]) > stale_after_s


def still_trains(folder: Path) -> bool:
    """Whether the process that trains in a job's folder lives on this host, though its sweeper may be gone.

    A job whose sweeper is killed takes a moment to end, and under another launcher it may even run to its end.
    """
    try:
        owner = json.loads((folder / "job.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return bool(owner.get("pid") and owner.get("born")) and is_here(owner) and not is_gone(owner, [folder], None)


def end(owners: Sequence[Mapping[str, Any]], grace_s: float) -> None:
    """End processes of this host that lead groups of their own, and return when they are gone.

    They are asked first, together, so that they leave their folders in order; after `grace_s` seconds they are killed
    with all that they started. So they are at once by whoever presses Ctrl-C while they are waited for.
    """
    alive = [owner for owner in owners if owner["born"] and is_here(owner) and not is_gone(owner, (), None)]
    began = time.monotonic()
    _signal(alive, signal.SIGTERM)
    try:
        while alive := [owner for owner in alive if not is_gone(owner, (), None)]:
            if time.monotonic() - began > grace_s:
                _signal(alive, signal.SIGKILL)
            time.sleep(_POLL)
    except BaseException:
        _signal(alive, signal.SIGKILL)
        raise


def _signal(owners: Sequence[Mapping[str, Any]], number: signal.Signals) -> None:
    for owner in owners:
        with suppress(ProcessLookupError):
            (os.kill if number == signal.SIGTERM else os.killpg)(owner["pid"], number)


def owner_text(owner: Mapping[str, Any] | None) -> str:
    """For messages."""
    return f"process {owner['pid']} on {owner['host']}" if owner else "nobody"
