"""Hydra finds plugins in this package; the work is done in `mmfusion.sweeps`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from hydra.plugins.launcher import Launcher
from hydra.plugins.sweeper import Sweeper
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig


class GridSweeper(Sweeper):
    """Every combination of the values on the command line; what has completed before is left alone.

    Args:
        invalid: what to do about combinations whose config is wrong: `refuse` the whole sweep before anything starts,
            or `fail` them alone.
    """

    launcher: Launcher

    def __init__(self, invalid: Literal["refuse", "fail"]) -> None:
        self.invalid = invalid

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        """Build the launcher that the config names."""
        from hydra.core.plugins import Plugins

        self.launcher = Plugins.instance().instantiate_launcher(
            hydra_context=hydra_context, task_function=task_function, config=config
        )

    def sweep(self, arguments: list[str]) -> Any:
        """Run what is missing; `arguments` are the jobs' overrides as Hydra takes them."""
        from mmfusion.sweeps.grid import run_grid

        def launch(jobs: Sequence[Sequence[str]]) -> None:
            self.launcher.launch(jobs, initial_job_idx=0)

        return run_grid(arguments, launch, self.invalid)
