"""Who is at work on something: the process, whether it still lives, how it is ended, and locks that die with it."""

from __future__ import annotations

import errno
import os
import signal
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import psutil
from filelock import FileLock, Timeout

Owner = Mapping[str, Any]  # a process: `host`, `pid`, and when it was `born`, for the id alone may be given out again

_POLL = 0.1  # seconds
_NO_LOCKS = (errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOLCK)


def identity(pid: int | None = None) -> dict[str, Any]:
    """This process, or another of this host."""
    pid = pid or os.getpid()
    born = _born(pid)
    return {"host": socket.gethostname(), "pid": pid, "born": None if born is None else str(born)}


def is_here(owner: Owner) -> bool:
    """Whether it is, or was, a process of this host."""
    return bool(owner["host"] == socket.gethostname())


def is_alive(owner: Owner) -> bool:
    """Whether a process of this host is there, and no other that got its id; without `born` the id alone tells."""
    born = _born(int(owner["pid"]))
    if born is None or owner.get("born") is None:
        return born is not None
    recorded = str(owner["born"]).split()[-1]  # in older records behind the machine's own id
    return recorded.isdecimal() and abs(born - int(recorded)) <= 1


def _born(pid: int) -> int | None:
    # In hundredths of a second from the machine's start; the time of day may be set anew while the process runs.
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:  # dead and not yet buried
            return None
        return round(100 * (process.create_time() - psutil.boot_time()))
    except psutil.Error:
        return None


def is_gone(
    owner: Owner, folders: Sequence[Path] = (), stale_after_s: float | None = None, since: datetime | None = None
) -> bool:
    """Whether the process that owns a job or a trial has ended.

    Of a process on another host nobody here can tell; it counts as gone once nothing below the folders has been written
    for `stale_after_s` seconds, if such a limit is set. `since`, when it began, counts like something written: folders
    of jobs that have not started do not exist yet.
    """
    if is_here(owner):
        return not is_alive(owner)
    if stale_after_s is None:
        return False
    paths = [path for folder in folders for path in (folder, *folder.glob("*"))]
    times = [path.stat().st_mtime for path in paths if path.exists()]
    return time.time() - max([*times, since.timestamp() if since else 0.0]) > stale_after_s


def end(owners: Sequence[Owner], grace_s: float) -> None:
    """End processes of this host that lead groups of their own, and return when they are gone.

    They are asked first, together, so that they leave their folders in order; after `grace_s` seconds they are killed
    with all that they started. So they are at once by whoever presses Ctrl-C while they are waited for.
    """
    alive = [owner for owner in owners if owner["born"] and is_here(owner) and is_alive(owner)]
    began = time.monotonic()
    _signal(alive, signal.SIGTERM)
    try:
        while alive := [owner for owner in alive if is_alive(owner)]:
            if time.monotonic() - began > grace_s:
                _signal(alive, signal.SIGKILL)
            time.sleep(_POLL)
    except BaseException:
        _signal(alive, signal.SIGKILL)
        raise


def _signal(owners: Sequence[Owner], number: signal.Signals) -> None:
    # By hand, for psutil knows no process groups: children whose parent has died are no children any more.
    for owner in owners:
        with suppress(ProcessLookupError):
            (os.kill if number == signal.SIGTERM else os.killpg)(owner["pid"], number)


def owner_text(owner: Owner | None) -> str:
    """A process for messages."""
    return f"process {owner['pid']} on {owner['host']}" if owner else "nobody"


@contextmanager
def locked(path: Path, wait: bool = True) -> Iterator[None]:
    """Hold a lock in a `with` block; the system takes it from a process that dies.

    Some network file systems have no locks; there nobody is kept out.

    Raises:
        BlockingIOError: another process has it, and this one does not wait.
    """
    lock = FileLock(path, blocking=wait, poll_interval=0.01, fallback_to_soft=False)
    try:
        lock.acquire()
    except Timeout:
        raise BlockingIOError(errno.EAGAIN, "another process has the lock", str(path)) from None
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise
    try:
        yield
    finally:
        lock.release()
