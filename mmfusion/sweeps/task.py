"""What the launchers of others run: one job, in a process of its own all the same."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig

from mmfusion.sweeps.folder import BEAT_S, SweepFolder
from mmfusion.sweeps.job import Job, job_hash
from mmfusion.sweeps.process import Process

_POLL = 0.2  # seconds
_GRACE_S = 30.0


def run_task(config: Any) -> dict[str, Any]:
    """Hydra's task function: whatever worker this is, run the job that Hydra names, and return its result.

    A worker of joblib, Ray or submitit may run many jobs in one process; an interpreter each keeps them apart, and
    keeps what torch.distributed leaves behind out of the next.
    """
    settings = HydraConfig.get()
    folder = SweepFolder(Path(settings.sweep.dir))
    about = folder.about()
    job = folder.planned(job_hash(settings.overrides.task))
    environment = about.get("environments", {}).get(job.hash, {})
    minutes = settings.launcher.get("timeout_min")
    return run_alone(folder, job, about["words"], environment, about.get("cwd"), minutes and minutes * 60.0)


def run_alone(
    folder: SweepFolder,
    job: Job,
    words: Sequence[str],
    environment: Mapping[str, str],
    cwd: str | None = None,
    timeout_s: float | None = None,
) -> dict[str, Any]:
    """Run the job and wait for it; ends it if this process is interrupted.

    Args:
        folder: of the sweep.
        job: what to run; if it has completed, or another host is at work on it, it is left alone.
        words: see `Process`.
        environment: see `Process`.
        cwd: see `Process`.
        timeout_s: after which whoever runs this process ends it. The job is ended a little before, so that its result
            says so.
    """
    if folder.is_done(job) or folder.elsewhere(job):
        return folder.result(job) or {}
    folder.prepare(job)
    process = Process(job, words, environment, cwd)
    folder.note_process(job, process.pid)
    limit = None if timeout_s is None else max(timeout_s - 2 * _GRACE_S, timeout_s / 2)
    beaten = 0.0
    try:
        while not process.ended():
            if time.monotonic() - beaten > BEAT_S:
                beaten = time.monotonic()
                folder.beat(job)
            if limit is not None and process.seconds > limit:
                process.end("failed", f"ended after {limit:g} s (hydra.launcher.timeout_min)", _GRACE_S)
            time.sleep(_POLL)
    except BaseException:
        while not process.ended():
            process.end("stopped", "the sweep was stopped", _GRACE_S)
            time.sleep(_POLL)
        _settle(folder, process)
        raise
    return _settle(folder, process)


def _settle(folder: SweepFolder, process: Process) -> dict[str, Any]:
    """Unless the same command was given again in the meantime, and the folder now belongs to another process."""
    if folder.owns(process.job, process.pid):
        return process.settle(folder)
    return {"status": "stopped", "error": f"process {os.getpid()} was replaced by another that runs the same job"}
