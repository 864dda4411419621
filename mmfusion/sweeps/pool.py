"""Several jobs at a time on this machine, none of which can touch another."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mmfusion.config.errors import ConfigError
from mmfusion.hardware import usable_cores
from mmfusion.store.sweep import BEAT_S, Job, Sweep
from mmfusion.sweeps.process import Process
from mmfusion.sweeps.slots import Slots

_POLL = 0.1  # seconds between two looks at the processes


@dataclass(frozen=True)
class Ended:
    """A job that has come to its end.

    Attributes:
        job: which.
        status: completed, failed or stopped.
        error: why, if it did not complete.
        seconds: that its process lived.
        result: its `result.json`.
    """

    job: Job
    status: str
    error: str | None
    seconds: float
    result: dict[str, Any]


class Pool:
    """Processes of jobs, and the GPUs that they hold; leaving the `with` block ends those that still run.

    To be used by the main thread alone: on Linux a job ends with the thread that started it.

    Args:
        folder: of the sweep.
        slots: room on this machine.
        words: on each job's command line, before its overrides.
        trainer: gives the `trainer` section of a job's config, by its overrides; it says how many devices it takes.
        timeout_s: seconds after which a job is ended and has failed; None waits for ever.
        grace_s: seconds between asking a job to stop and killing it.
    """

    def __init__(
        self,
        folder: Sweep,
        slots: Slots,
        words: Sequence[str],
        trainer: Callable[[Sequence[str]], Mapping[str, Any]],
        timeout_s: float | None = None,
        grace_s: float = 30.0,
    ) -> None:
        self.folder, self.slots, self.words = folder, slots, words
        self.timeout_s, self.grace_s = timeout_s, grace_s
        self._trainer = trainer
        self._running: dict[int, Process] = {}
        self._beaten = 0.0

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
        """Jobs at work."""
        return len(self._running)

    def has_room(self, job: Job) -> bool:
        """Whether that job could start now."""
        return self.slots.has_room(self._gpus(job))

    def start(self, job: Job, environment: Mapping[str, str] | None = None, **note: Any) -> None:
        """Run the job in a process of its own; `note` is written into its `job.json`.

        Raises:
            OSError: its folder cannot be made, or the process not be started.
        """
        self.folder.prepare(job, **note)
        gpus = self.slots.take(job.number, self._gpus(job))
        told = dict(environment or {})
        if gpus or self.slots.per_job == 0:
            told["CUDA_VISIBLE_DEVICES"] = ",".join(gpus)
        if gpus and "CUDA_VISIBLE_DEVICES" not in os.environ:
            told["CUDA_DEVICE_ORDER"] = "PCI_BUS_ID"  # the driver's own count, from which the names are
        if not gpus and "OMP_NUM_THREADS" not in {**os.environ, **told}:
            told["OMP_NUM_THREADS"] = str(max(1, usable_cores() // self.slots.jobs // self._ranks(job)))
        process = None
        try:
            process = Process(job, self.words, told)
            self.folder.note_process(job, process.pid, gpus=gpus)
        except OSError:
            self.slots.give_back(job.number)
            if process is not None:  # nobody would find it again
                process.kill()
                process.settle(self.folder)
            raise
        self._running[job.number] = process

    def wait(self, seconds: float | None = None) -> list[Ended]:
        """Until at least one job has ended, or so many seconds; which have."""
        until = None if seconds is None else time.monotonic() + seconds
        while self._running:
            self._end_late_ones()
            if time.monotonic() - self._beaten > BEAT_S:
                self._beaten = time.monotonic()
                for process in self._running.values():
                    self.folder.beat(process.job)
            found = [self._leave(number) for number, each in list(self._running.items()) if each.ended()]
            if found:
                return found
            if until is not None and time.monotonic() >= until:
                return []
            time.sleep(_POLL)
        return []

    def stop(self, reason: str = "the sweep was stopped") -> list[Ended]:
        """End all jobs: asked first, so that they leave their folders in order, and killed if they do not heed."""
        found = []
        while self._running:
            for process in self._running.values():
                process.end("stopped", reason, self.grace_s)
            found += self.wait(_POLL)
        return found

    def check(self, jobs: Sequence[Job]) -> None:
        """See that there is a place for each of the jobs, before the first starts.

        Raises:
            ConfigError: one needs more GPUs than there are.
        """
        for job in jobs:
            try:
                self._gpus(job)
            except ConfigError as error:
                raise ConfigError(f"{job}: {error}") from None

    def _gpus(self, job: Job) -> int:
        return self.slots.needs(self._trainer(job.overrides) if self.slots.asks else {})

    def _ranks(self, job: Job) -> int:
        """Processes of a job that uses no GPU, each of which would take so many threads."""
        devices = str(self._trainer(job.overrides).get("devices", 1))
        return max(1, int(devices)) if devices.isdecimal() else 1

    def _end_late_ones(self) -> None:
        for process in self._running.values():
            if self.timeout_s is not None and process.seconds > self.timeout_s:
                reason = f"ended after {self.timeout_s:g} s (hydra.launcher.timeout_s)"
                process.end("failed", reason, self.grace_s)

    def _leave(self, number: int) -> Ended:
        process = self._running.pop(number)
        self.slots.give_back(number)
        result: dict[str, Any] = process.settle(self.folder)
        error = result.get("error")
        return Ended(process.job, str(result["status"]), error, process.seconds, result)
