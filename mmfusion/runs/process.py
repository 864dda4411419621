"""Which process works on something, and whether it still lives."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def identity(pid: int | None = None) -> dict[str, Any]:
    """This process: host, process id, and when it was born, for the id alone may be given out again."""
    pid = os.getpid() if pid is None else pid
    return {"host": socket.gethostname(), "pid": pid, "born": _born(pid)}


def is_here(owner: Mapping[str, Any]) -> bool:
    """Whether it is, or was, a process on this host."""
    return bool(owner["host"] == socket.gethostname())


def is_alive(owner: Mapping[str, Any]) -> bool:
    """Whether a process of this host is there, and no other that got its id; without `born` the id alone tells."""
    pid = int(owner["pid"])
    return _lives(pid) and (owner.get("born") is None or _born(pid) == owner["born"])


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
