"""Trials on another launcher than mmfusion's own: handed over by the batch, for that is how Hydra's launchers work."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from hydra.plugins.launcher import Launcher

from mmfusion.config.compose import forced
from mmfusion.config.errors import ConfigError
from mmfusion.config.folders import groups, own_folder, user_folders
from mmfusion.store.owner import identity
from mmfusion.store.sweep import Job, Sweep, job_hash
from mmfusion.sweeps.cleanup import cleaned_up
from mmfusion.sweeps.command import Command
from mmfusion.sweeps.process import EndedJob


class BatchRunner:
    """Collects up to `size` jobs and launches them together; a search asks for the next only when all have ended.

    It is used as a `Pool` is. The launcher's workers learn through the sweep's folder what to run.
    """

    def __init__(self, launcher: Launcher, sweep: Sweep, command: Command, size: int) -> None:
        self.launcher, self.sweep, self.size = launcher, sweep, size
        self._command = command
        self._known = groups([own_folder(), *user_folders(command.config_dirs)])
        self._jobs: list[Job] = []
        self._ended: list[EndedJob] = []
        self._notes: dict[str, dict[str, Any]] = {}

    def __enter__(self) -> BatchRunner:
        return self

    def __exit__(self, *error: object) -> None:
        self._jobs.clear()

    def has_slot(self, job: Job) -> bool:
        return not self._ended and len(self._jobs) < self.size

    def start(self, job: Job, environment: Mapping[str, str] | None = None, **note: Any) -> None:
        try:
            self._command.check(job.overrides)  # the launcher has its files read again, and does what they order
            about = self.sweep.about()
            # `group=null` is handed to Hydra as `~group`; by that the launcher's worker must find the job as well.
            given = job_hash(forced(job.overrides, self._known))
            entry = {"number": job.number, "overrides": list(job.overrides), "given": given, "sweeper": identity()}
            environments = {**about.get("environments", {}), job.hash: dict(environment or {})}
            self.sweep.open(jobs={**about.get("jobs", {}), job.hash: entry}, environments=environments)
        except (OSError, ConfigError) as error:
            self._ended.append(EndedJob(job, self.sweep.settle_unstarted(job, error)))
            return
        self._jobs.append(job)
        self._notes[job.hash] = note

    def wait(self, seconds: float | None = None) -> list[EndedJob]:
        jobs, self._jobs = self._jobs, []
        began = time.monotonic()
        if jobs:
            with cleaned_up(self.sweep, jobs):
                launched = [forced(job.overrides, self._known) for job in jobs]
                self.launcher.launch(launched, initial_job_idx=jobs[0].number)
        ended, self._ended = self._ended, []
        for job in jobs:
            result = self.sweep.settle(job, "the launcher came back without a result")
            self.sweep.note(job, **self._notes.pop(job.hash))
            ended.append(EndedJob(job, result, float(result.get("seconds") or time.monotonic() - began)))
        return ended

    def stop(self, reason: str = "") -> list[EndedJob]:
        self._jobs.clear()
        ended, self._ended = self._ended, []
        return ended
