"""Hydra finds plugins in this package; the work is done in `mmfusion.sweeps`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from hydra.core.utils import JobReturn, JobStatus
from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig

if TYPE_CHECKING:
    from mmfusion.sweeps.pool import Pool


class ProcessLauncher(Launcher):
    """A fresh interpreter for each job, several at a time on this machine.

    Args:
        jobs: at a time; None is as many as there are GPUs for, or one for two cores where no GPU is used.
        gpus_per_job: None is as many as the job's trainer asks for; 0 hides the GPUs.
        timeout_s: a job that runs longer is ended and has failed; None waits for ever.
        max_failures: once more jobs than this have failed, no other is started; None starts all.
        grace_s: seconds between asking a job to stop and killing it.
    """

    def __init__(
        self,
        jobs: int | None,
        gpus_per_job: int | None,
        timeout_s: float | None,
        max_failures: int | None,
        grace_s: float,
    ) -> None:
        self.jobs, self.gpus_per_job = jobs, gpus_per_job
        self.timeout_s, self.max_failures, self.grace_s = timeout_s, max_failures, grace_s

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        """Refuse numbers that are too small; a job's process composes its config itself.

        Raises:
            ConfigError: naming the option.
        """
        from mmfusion.config.errors import ConfigError

        for name, least in {"jobs": 1, "gpus_per_job": 0, "timeout_s": 0, "max_failures": 0, "grace_s": 0}.items():
            value = getattr(self, name)
            if value is not None and value < least:
                raise ConfigError(f"hydra.launcher.{name}: expected at least {least}, found {value}")

    def pool(self) -> Pool:
        """The processes of the sweep that is being run."""
        from mmfusion.store.sweep import Sweep
        from mmfusion.sweeps.command import current
        from mmfusion.sweeps.job_slots import Slots, visible_gpus
        from mmfusion.sweeps.pool import Pool

        command = current()
        slots = Slots(self.jobs, visible_gpus(), self.gpus_per_job)
        return Pool(Sweep(command.folder), slots, command.prefix, command.trainer, self.timeout_s, self.grace_s)

    def launch(self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int) -> Sequence[JobReturn]:
        """Run the jobs, which the sweep's folder knows; what each came to is in its `result.json`."""
        from mmfusion.store.sweep import job_hash
        from mmfusion.sweeps.grid import run_in_pool

        with self.pool() as pool:
            jobs = [pool.sweep.planned(job_hash(overrides)) for overrides in job_overrides]
            pool.check(jobs)
            ended = run_in_pool(pool, jobs, self.max_failures)
        return [
            JobReturn(overrides=list(one.job.overrides), status=JobStatus.COMPLETED, _return_value=one.result)
            for one in ended
        ]
