"""What a sweep hands to the process of a run, through its environment."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
import time

JOB_VARIABLE = "MMFUSION_JOB"  # the job's hash: the run's folder exists already
SWEEP_VARIABLE = "MMFUSION_SWEEP"  # the sweep's name; trackers group runs by it
PARENT_VARIABLE = "MMFUSION_PARENT"  # the process that started the job
GRACE_S = 30.0  # seconds for a job to stop in order, also after its sweep has died
_LOOK_S = 2.0
_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def end_with_parent() -> None:
    """If a sweep started this process, end as on SIGTERM when the sweep's process dies, however that happens.

    So not even SIGKILL of the sweep leaves a job behind. On Linux the kernel sends the signal at once. A thread looks
    as well: elsewhere it sends the signal, and everywhere it kills a job that does not heed it, with all ranks.
    """
    parent = os.environ.pop(PARENT_VARIABLE, None)  # not for the processes that this one starts
    if parent is None:
        return
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != int(parent):  # it died before the request
        os.kill(os.getpid(), signal.SIGTERM)
    threading.Thread(target=_watch, args=(int(parent),), daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_LOOK_S)
    if not sys.platform.startswith("linux"):
        os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE_S)
    if os.getpgid(0) == os.getpid():  # the group is the job's own
        os.killpg(os.getpid(), signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)
