"""Hydra finds plugins in this package; the work is done in `mmfusion.sweeps`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

from annotated_types import Ge
from hydra.core.utils import JobReturn, JobStatus
from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig

if TYPE_CHECKING:
    from mmfusion.sweeps.pool import Pool


class ProcessLauncher(Launcher):
    """A fresh interpreter for each job, several at a time; `conf/hydra/launcher/process.yaml` describes the options."""

    def __init__(
        self,
        jobs: Annotated[int, Ge(1)] | None,
        gpus_per_job: Annotated[int, Ge(0)] | None,
        timeout_s: Annotated[float, Ge(0)] | None,
        max_failures: Annotated[int, Ge(0)] | None,
        grace_s: Annotated[float, Ge(0)],
    ) -> None:
        self.jobs, self.gpus_per_job = jobs, gpus_per_job
        self.timeout_s, self.max_failures, self.grace_s = timeout_s, max_failures, grace_s

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        """Nothing: a job's process composes its config itself."""

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
