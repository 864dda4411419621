"""Several jobs at a time on this machine, none of which can touch another."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mmfusion.config.errors import ConfigError
from mmfusion.hardware import usable_cores
from mmfusion.store.sweep import Job, Sweep
from mmfusion.sweeps.job_slots import Slots
from mmfusion.sweeps.process import EndedJob, JobProcess

_POLL = 0.1  # seconds between two looks at the processes


class Pool:
    """Processes of jobs, and the GPUs that they hold; leaving the `with` block ends those that still run.

    To be used by the main thread alone: on Linux a job ends with the thread that started it.

    Args:
        trainer: gives the `trainer` section of a job's config, by its overrides; it says how many devices it takes.
        prefix, timeout_s, grace_s: see `JobProcess`.
    """

    def __init__(
        self,
        sweep: Sweep,
        slots: Slots,
        prefix: Sequence[str],
        trainer: Callable[[Sequence[str]], Mapping[str, Any]],
        timeout_s: float | None = None,
        grace_s: float = 30.0,
    ) -> None:
        self.sweep, self.slots, self.prefix = sweep, slots, prefix
        self.timeout_s, self.grace_s = timeout_s, grace_s
        self._trainer = trainer
        self._running: dict[int, JobProcess] = {}
        self._ended: list[EndedJob] = []

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self.stop()
        except BaseException:  # a second Ctrl-C: whoever presses it does not want to wait
            for process in self._running.values():
                process.kill()
            self.stop()
            raise

    @property
    def busy(self) -> int:
        """Jobs at work, and those that ended and are not reported."""
        return len(self._running) + len(self._ended)

    def has_slot(self, job: Job) -> bool:
        """Whether that job could start now; nothing does before it is reported that another could not."""
        return not self._ended and self.slots.has_slot(self._gpus(job))

    def start(self, job: Job, environment: Mapping[str, str] | None = None, **note: Any) -> None:
        """Run the job in a process of its own; `note` is written into its `job.json`.

        One that cannot be started (a full disk, too many processes) has failed: the others may still get through.
        """
        gpus = self.slots.take(job.number, self._gpus(job))
        given = {**self._resources(job, gpus), **(environment or {})}
        about = {**note, "gpus": gpus}
        try:
            self._running[job.number] = JobProcess(
                self.sweep, job, self.prefix, given, timeout_s=self.timeout_s, grace_s=self.grace_s, note=about
            )
        except OSError as error:
            self.slots.give_back(job.number)
            self._ended.append(EndedJob(job, self.sweep.settle_unstarted(job, error)))

    def wait(self, seconds: float | None = None) -> list[EndedJob]:
        """Until at least one job has ended, or so many seconds; which have."""
        until = None if seconds is None else time.monotonic() + seconds
        while self.busy:
            for number, process in list(self._running.items()):
                if (ended_job := process.look()) is not None:
                    del self._running[number]
                    self.slots.give_back(number)
                    self._ended.append(ended_job)
            if self._ended or (until is not None and time.monotonic() >= until):
                break
            time.sleep(_POLL)
        ended, self._ended = self._ended, []
        return ended

    def stop(self, reason: str = "the sweep was stopped") -> list[EndedJob]:
        """End all jobs: asked first, so that they leave their folders in order, and killed if they do not heed."""
        ended = []
        while self.busy:
            for process in self._running.values():
                process.end("stopped", reason)
            ended += self.wait(_POLL)
        return ended

    def check(self, jobs: Sequence[Job]) -> None:
        """Refuse jobs that need more GPUs than there are, before the first starts."""
        for job in jobs:
            try:
                self._gpus(job)
            except ConfigError as error:
                raise ConfigError(f"{job}: {error}") from None

    def _gpus(self, job: Job) -> int:
        return self.slots.needs(self._trainer(job.overrides) if self.slots.counts_gpus else {})

    def _resources(self, job: Job, gpus: Sequence[str]) -> dict[str, str]:
        """The environment that gives a job its GPUs, or else its share of the cores."""
        given: dict[str, str] = {}
        if gpus or self.slots.per_job == 0:
            given["CUDA_VISIBLE_DEVICES"] = ",".join(gpus)
        if gpus and "CUDA_VISIBLE_DEVICES" not in os.environ:
            given["CUDA_DEVICE_ORDER"] = "PCI_BUS_ID"  # the driver's own count, from which the names are
        if not gpus and "OMP_NUM_THREADS" not in os.environ:
            devices = str(self._trainer(job.overrides).get("devices", 1))
            ranks = max(1, int(devices)) if devices.isdecimal() else 1  # each of which would take so many threads
            given["OMP_NUM_THREADS"] = str(max(1, usable_cores() // self.slots.jobs // ranks))
        return given
