"""Trials on another launcher than mmfusion's own: handed over by the batch, for that is how Hydra's launchers work."""

from __future__ import annotations

import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Protocol

from hydra.plugins.launcher import Launcher

from mmfusion.config.compose import forced
from mmfusion.config.folders import groups, own_folder, user_folders
from mmfusion.store.owner import identity
from mmfusion.store.sweep import Job, Sweep, job_hash
from mmfusion.sweeps.command import Command
from mmfusion.sweeps.leaving import leaving_nothing
from mmfusion.sweeps.pool import Ended


class Runner(Protocol):
    """What a search runs its jobs with: `mmfusion.sweeps.pool.Pool`, or a `Batch`."""

    def __enter__(self) -> Any: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def has_room(self, job: Job) -> bool:
        """Whether that job could start now."""

    def start(self, job: Job, environment: Mapping[str, str] | None = None, **note: Any) -> None:
        """Run it.

        Raises:
            OSError: the system does not let it.
            ConfigError: its config is wrong.
        """

    def wait(self, seconds: float | None = None) -> list[Ended]:
        """The jobs that have ended since; waits for one, or so long."""

    def stop(self, reason: str = "") -> list[Ended]:
        """End all jobs."""


class Batch:
    """Collects jobs and launches them together; a search asks for the next only when all have ended.

    Args:
        launcher: one of Hydra's.
        folder: the sweep's, through which the launcher's workers learn what to run.
        command: the sweep's.
        size: jobs in a batch.
    """

    def __init__(self, launcher: Launcher, folder: Sweep, command: Command, size: int) -> None:
        self.launcher, self.folder, self.size = launcher, folder, size
        self._command = command
        self._known = groups([own_folder(), *user_folders(command.config_dirs)])
        self._jobs: list[Job] = []
        self._notes: dict[str, dict[str, Any]] = {}

    def __enter__(self) -> Batch:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._jobs.clear()

    def has_room(self, job: Job) -> bool:
        return len(self._jobs) < self.size

    def start(self, job: Job, environment: Mapping[str, str] | None = None, **note: Any) -> None:
        self._command.check(job.overrides)  # the launcher has its files read again, and does what they order
        about = self.folder.about()
        # `group=null` is handed to Hydra as `~group`; by that the launcher's worker must find the job as well.
        given = job_hash(forced(job.overrides, self._known))
        told = {"number": job.number, "overrides": list(job.overrides), "given": given}
        entry = {**told, "sweeper": identity()}
        environments = {**about.get("environments", {}), job.hash: dict(environment or {})}
        self.folder.open(jobs={**about.get("jobs", {}), job.hash: entry}, environments=environments)
        self._jobs.append(job)
        self._notes[job.hash] = note

    def wait(self, seconds: float | None = None) -> list[Ended]:
        jobs, self._jobs = self._jobs, []
        if not jobs:
            return []
        began = time.monotonic()
        wanted = [forced(job.overrides, self._known) for job in jobs]
        with leaving_nothing(self.folder, jobs):
            self.launcher.launch(wanted, initial_job_idx=jobs[0].number)
        ended = []
        for job in jobs:
            result = self.folder.settle(job, "the launcher came back without a result")
            self.folder.note(job, **self._notes.pop(job.hash))
            seconds_taken = float(result.get("seconds") or time.monotonic() - began)
            ended.append(Ended(job, str(result["status"]), result.get("error"), seconds_taken, result))
        return ended

    def stop(self, reason: str = "") -> list[Ended]:
        self._jobs.clear()
        return []
