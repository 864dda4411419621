"""Jobs that launchers of others would leave at work: they do not stop their workers when a sweep ends early.

Which process gave a job to its launcher stands beside the job in `sweep.json`. A worker ends its job when that process
is gone (`is_orphaned`), and neither starts nor goes on with one that was cancelled.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from mmfusion.config.environment import GRACE_S
from mmfusion.config.errors import ConfigError
from mmfusion.store.files import JOB, SWEEP, read_mapping
from mmfusion.store.owner import end, is_gone
from mmfusion.store.sweep import FINAL, Job, Sweep

STOPPED = "the sweep was stopped"
WORKER = "worker"  # where `job.json` names the launcher's process that waits for the job's own


@contextmanager
def cleaned_up(sweep: Sweep, jobs: Sequence[Job]) -> Iterator[None]:
    """Launch these jobs in a `with` block: at its end, however it ends, nothing of them is at work on this host.

    What a sweep that was killed left of them is settled first. Jobs at work on other hosts are cancelled if the block
    raises; who is at work on them looks every `BEAT_S` seconds.
    """
    _end(sweep, _unfinished(sweep, jobs), "the sweep's process died", "stopped")
    try:
        yield
    except BaseException as error:
        cancel(sweep, jobs)
        if isinstance(error, Exception):
            dead = [job for job in _unfinished(sweep, jobs) if _worker_died(sweep, job)]
            _end(sweep, dead, f"its worker died: {type(error).__name__}: {error}", "failed")
        _end(sweep, _unfinished(sweep, jobs), STOPPED, "stopped")
        raise
    _end(sweep, _unfinished(sweep, jobs), "its worker died: the launcher came back without a result", "failed")


def cancel(sweep: Sweep, jobs: Sequence[Job]) -> None:
    """Let no worker of a launcher start these jobs, or go on with one."""
    with suppress(OSError, ConfigError):  # a full disk: what is at work here is ended all the same
        known = sweep.about().get("jobs", {})
        cancelled = {job.hash: {**known[job.hash], "sweeper": None} for job in jobs if job.hash in known}
        if cancelled:
            sweep.open(jobs={**known, **cancelled})


def is_cancelled(sweep: Sweep, job: Job) -> bool:
    """Whether the job's sweep has stopped since it gave it to a launcher."""
    return _entry(sweep, job).get("sweeper", {}) is None


def sweeper_of(sweep: Sweep, job: Job) -> dict[str, Any] | None:
    """The process that gave the job to a launcher; None if nobody put it there."""
    return _entry(sweep, job).get("sweeper")


def is_orphaned(sweeper: dict[str, Any] | None) -> bool:
    """Whether a sweep's process was one of this host and is gone; of another host's nobody here can tell."""
    return sweeper is not None and is_gone(sweeper)


def _entry(sweep: Sweep, job: Job) -> dict[str, Any]:
    # A record that cannot be read for a moment is no reason to end a job.
    entry: dict[str, Any] = read_mapping(sweep.path / SWEEP).get("jobs", {}).get(job.hash, {})
    return entry


def _unfinished(sweep: Sweep, jobs: Sequence[Job]) -> list[Job]:
    """Those that have begun, on this host, and have no end."""
    begun = [job for job in jobs if (job.folder / JOB).exists() and not sweep.elsewhere(job)]
    return [job for job in begun if sweep.result(job).get("status") not in FINAL]


def _worker_died(sweep: Sweep, job: Job) -> bool:
    worker = sweep.owner(job, WORKER)
    return worker is None or is_gone(worker)


def _end(sweep: Sweep, jobs: Sequence[Job], error: str, status: str) -> None:
    try:
        end([owner for job in jobs if (owner := sweep.owner(job))], GRACE_S)
    finally:
        for job in jobs:
            sweep.settle(job, error, status)
