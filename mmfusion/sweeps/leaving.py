"""What Hydra's launchers leave when a sweep ends early: they do not tell their workers, and keep no record of jobs.

Which process gave a job to its launcher stands beside the job in `sweep.json`. A worker ends its job when that process
is gone (`is_left`), and neither starts nor goes on with one that was called off.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from mmfusion.config.errors import ConfigError
from mmfusion.store.files import JOB
from mmfusion.store.owner import end, is_gone, is_here
from mmfusion.store.sweep import FINAL, GRACE_S, Job, Sweep

STOPPED = "the sweep was stopped"
WORKER = "worker"
"""Where `job.json` names the launcher's process that waits for the job's own."""


@contextmanager
def leaving_nothing(folder: Sweep, jobs: Sequence[Job]) -> Iterator[None]:
    """Launch these jobs in a `with` block: at its end, however it ends, nothing of them is at work on this host.

    What a sweep that was killed left of them is settled first. Jobs at work on other hosts are called off if the block
    raises; who is at work on them looks every `BEAT_S` seconds.
    """
    _end(folder, _unfinished(folder, jobs), "the sweep's process died", "stopped")
    try:
        yield
    except BaseException as error:
        call_off(folder, jobs)
        if isinstance(error, Exception):
            dead = [job for job in _unfinished(folder, jobs) if _worker_died(folder, job)]
            _end(folder, dead, f"its worker died: {type(error).__name__}: {error}", "failed")
        _end(folder, _unfinished(folder, jobs), STOPPED, "stopped")
        raise
    _end(folder, _unfinished(folder, jobs), "its worker died: the launcher came back without a result", "failed")


def call_off(folder: Sweep, jobs: Sequence[Job]) -> None:
    """Let no worker of a launcher start these jobs, or go on with one."""
    with suppress(OSError, ConfigError):  # a full disk: what is at work here is ended all the same
        about = folder.about().get("jobs", {})
        off = {job.hash: {**about[job.hash], "sweeper": None} for job in jobs if job.hash in about}
        if off:
            folder.open(jobs={**about, **off})


def is_called_off(folder: Sweep, job: Job) -> bool:
    """Whether the job's sweep has stopped since it gave it to a launcher."""
    return _entry(folder, job).get("sweeper", {}) is None


def sweeper_of(folder: Sweep, job: Job) -> dict[str, Any] | None:
    """The process that gave the job to a launcher; None if nobody put it there."""
    return _entry(folder, job).get("sweeper")


def is_left(sweeper: dict[str, Any] | None) -> bool:
    """Whether a sweep's process was one of this host and is gone; of another host's nobody here can tell."""
    return sweeper is not None and is_here(sweeper) and is_gone(sweeper, (), None)


def _entry(folder: Sweep, job: Job) -> dict[str, Any]:
    try:
        entry: dict[str, Any] = folder.about().get("jobs", {}).get(job.hash, {})
    except ConfigError:  # a file that cannot be read for a moment is no reason to end a job
        return {}
    return entry


def _unfinished(folder: Sweep, jobs: Sequence[Job]) -> list[Job]:
    """Those that have begun, on this host, and have no end."""
    begun = [job for job in jobs if (job.folder / JOB).exists() and not folder.elsewhere(job)]
    return [job for job in begun if folder.result(job).get("status") not in FINAL]


def _worker_died(folder: Sweep, job: Job) -> bool:
    worker = folder.owner(job, WORKER)
    return worker is None or (is_here(worker) and is_gone(worker, (), None))


def _end(folder: Sweep, jobs: Sequence[Job], error: str, status: str) -> None:
    try:
        end([owner for job in jobs if (owner := folder.owner(job))], GRACE_S)
    finally:
        for job in jobs:
            folder.settle(job, error, status)
