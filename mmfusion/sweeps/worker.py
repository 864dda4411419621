"""What the launchers of others run: one job, in a process of its own all the same."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig

from mmfusion.config.environment import GRACE_S
from mmfusion.store.owner import identity
from mmfusion.store.sweep import Job, Sweep, job_hash
from mmfusion.sweeps.cleanup import STOPPED, WORKER, is_cancelled, is_orphaned, sweeper_of
from mmfusion.sweeps.process import JobProcess

_POLL = 0.2  # seconds
_SCHEDULED = "hydra_plugins.hydra_submitit_launcher.submitit_launcher.SlurmLauncher"


def run_task(config: Any) -> dict[str, Any]:
    """Hydra's task function: whatever worker this is, run the job that Hydra names, and return its result.

    A worker of joblib, Ray or submitit may run many jobs in one process; an interpreter each keeps them apart, and
    keeps what torch.distributed leaves behind out of the next. If the sweep's process dies, its workers on this host
    end with it, but for a job scheduler's, which are to outlive it.
    """
    settings = HydraConfig.get()
    sweep = Sweep(Path(settings.sweep.dir))
    about = sweep.about()
    job = sweep.planned(job_hash(settings.overrides.task))
    environment = about.get("environments", {}).get(job.hash, {})
    minutes = settings.launcher.get("timeout_min")
    sweeper = None if settings.launcher["_target_"] == _SCHEDULED else sweeper_of(sweep, job)
    limit = minutes and minutes * 60.0
    result = run_job(sweep, job, about["words"], environment, about.get("cwd"), limit, sweeper)
    if is_orphaned(sweeper):
        os._exit(143)  # nobody waits for the result, and joblib's would wait for minutes to be given another job
    return result


def run_job(
    sweep: Sweep,
    job: Job,
    prefix: Sequence[str],
    environment: Mapping[str, str],
    cwd: str | None = None,
    timeout_s: float | None = None,
    sweeper: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Run the job as a `JobProcess` and wait for it; ends it if this process is interrupted or the `sweeper` is gone.

    One that has completed, was cancelled, or that another host is at work on is left alone. Whoever runs this process
    ends it after `timeout_s`; the job is ended a little before, so that its result says so.
    """
    if sweep.is_done(job) or sweep.elsewhere(job) or is_orphaned(sweeper) or is_cancelled(sweep, job):
        return sweep.result(job)
    limit = None if timeout_s is None else max(timeout_s - 2 * GRACE_S, timeout_s / 2)
    note = {WORKER: identity()}
    try:
        process = JobProcess(sweep, job, prefix, environment, cwd, limit, "timeout_min", note=note)
    except OSError as error:
        return sweep.settle_unstarted(job, error)
    is_unwanted = False
    while True:
        try:
            is_unwanted = is_unwanted or is_cancelled(sweep, job) or is_orphaned(sweeper)
            if is_unwanted:
                process.end("stopped", STOPPED)
            if (ended := process.look()) is not None:
                return dict(ended.result)
            time.sleep(_POLL)
        except BaseException:
            while process.look() is None:
                process.end("stopped", STOPPED)
                time.sleep(_POLL)
            raise
