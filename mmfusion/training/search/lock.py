"""A lock that the system takes from a process that dies."""

from __future__ import annotations

import errno
from typing import IO, Any

_NONE = (errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOLCK)


def lock(file: IO[Any], wait: bool = True) -> None:
    """Take the lock on an open file, which ends when it is closed.

    Some network file systems have no locks; there nobody is kept out.

    Raises:
        BlockingIOError: another process has it, and this one does not wait.
    """
    import fcntl

    try:
        fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise
    except OSError as error:
        if error.errno not in _NONE:
            raise
