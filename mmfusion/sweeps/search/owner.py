"""Who works on a trial, and whether they still live."""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def identity(pid: int | None = None) -> dict[str, Any]:
    """This process: host, process id, and when it was born, for the id alone may be given out again."""
    pid = os.getpid() if pid is None else pid
    return {"host": socket.gethostname(), "pid": pid, "born": _born(pid)}


def is_gone(owner: Mapping[str, Any], folder: Path, stale_after_s: float | None) -> bool:
    """Whether the process that owns a trial has ended.

    Of a process on another host nobody here can tell; it counts as gone once nothing below the trial's folder has been
    written for `stale_after_s` seconds, if such a limit is set.
    """
    if is_here(owner):
        return not _lives(int(owner["pid"])) or (
            owner["born"] is not None and _born(int(owner["pid"])) != owner["born"]
        )
    if stale_after_s is None:
        return False
    times = [path.stat().st_mtime for path in (folder, *folder.glob("*")) if path.exists()]
    return time.time() - max(times, default=0.0) > stale_after_s


def is_here(owner: Mapping[str, Any]) -> bool:
    """Whether it is, or was, a process on this host."""
    return bool(owner["host"] == socket.gethostname())


def still_trains(folder: Path) -> bool:
    """Whether the process that trains in a job's folder lives on this host, though its sweeper may be gone.

    A job whose sweeper is killed takes a moment to end, and under another launcher it may even run to its end.
    """
    try:
        owner = json.loads((folder / "job.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return bool(owner.get("pid") and owner.get("born")) and is_here(owner) and not is_gone(owner, folder, None)


def owner_text(owner: Mapping[str, Any] | None) -> str:
    """For messages."""
    return f"process {owner['pid']} on {owner['host']}" if owner else "nobody"


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def _born(pid: int) -> str | None:
    """The start of this machine and of the process on it; None if it is dead or there is no /proc."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        # Behind the name, which may hold anything: state is the file's field 3, starttime its field 22.
        state, *fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if state == "Z" else f"{boot} {fields[18]}"
