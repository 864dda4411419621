"""Hydra finds plugins in this package; the work is done in `mmfusion.sweeps`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hydra.plugins.launcher import Launcher
from hydra.plugins.sweeper import Sweeper
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, OmegaConf


class SearchSweeper(Sweeper):
    """Asks Optuna what to try, and tells it what came of it.

    Args:
        n_trials: finished trials, complete or pruned, that the study is to have.
        timeout_s: no trial starts after so many seconds; None sets no limit.
        max_failures: once more trials of this process have failed, no other starts; None sets no limit.
        space: key to its values, beside what the command line sweeps.
        objectives: None for what `callbacks.monitor` says, a metric, several, or `tasks`.
        seeds: each trial is trained with each of them, and its value is their mean; None trains it once.
        sampler: a name, or a mapping with `name` and arguments.
        pruner: likewise.
        seed: of the sampler; None draws differently each time.
        storage: a journal file or a database.
        study: its name in there; None for the sweep's.
        resume: whether to go on with a study that has trials.
        stale_after_s: seconds after which a trial of another host counts as left behind; None for never.
        batch_size: trials that are handed to a launcher other than `process` at a time.
    """

    def __init__(
        self,
        n_trials: int = 20,
        timeout_s: float | None = None,
        max_failures: int | None = 5,
        space: Mapping[str, Any] | None = None,
        objectives: str | Sequence[str] | Mapping[str, str | None] | None = None,
        seeds: Sequence[int] | None = None,
        sampler: str | Mapping[str, Any] | None = "tpe",
        pruner: str | Mapping[str, Any] | None = "none",
        seed: int | None = 0,
        storage: str = "study.journal",
        study: str | None = None,
        resume: bool = True,
        stale_after_s: float | None = None,
        batch_size: int = 4,
    ) -> None:
        given = {k: v for k, v in locals().items() if k not in ("self", "__class__")}
        self.settings: dict[str, Any] = {
            k: OmegaConf.to_object(v) if OmegaConf.is_config(v) else v for k, v in given.items()
        }
        self.launcher: Launcher | None = None

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        """Build the launcher that the config names."""
        from hydra.core.plugins import Plugins

        self.hydra_context, self.config = hydra_context, config
        self.launcher = Plugins.instance().instantiate_launcher(
            hydra_context=hydra_context, task_function=task_function, config=config
        )

    def sweep(self, arguments: list[str]) -> Any:
        """Search; what is the same in each trial and what is not, `mmfusion.sweeps.command.current` knows as typed."""
        from mmfusion.sweeps.search.settings import Settings
        from mmfusion.sweeps.search.start import search

        assert self.launcher is not None
        return search(Settings(**self.settings), self.launcher)
