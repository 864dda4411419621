"""Hydra finds plugins in this package; the work is done in `mmfusion.sweeps`."""

from __future__ import annotations

from typing import Any

from hydra.plugins.launcher import Launcher
from hydra.plugins.sweeper import Sweeper
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig

from mmfusion.sweeps.search.settings import SearchSettings


class SearchSweeper(SearchSettings, Sweeper):
    """Asks Optuna what to try, and tells it what came of it; `SearchSettings` are its options."""

    launcher: Launcher

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        """Build the launcher that the config names."""
        from hydra.core.plugins import Plugins

        self.launcher = Plugins.instance().instantiate_launcher(
            hydra_context=hydra_context, task_function=task_function, config=config
        )

    def sweep(self, arguments: list[str]) -> Any:
        """Search; what is the same in each trial and what is not, `mmfusion.sweeps.command.current` has as typed."""
        from mmfusion.sweeps.search.start import search

        return search(self, self.launcher)
