"""Weights & Biases."""

from __future__ import annotations

import os
from typing import Any, Literal

from pytorch_lightning.loggers import WandbLogger
from pytorch_lightning.loggers.logger import rank_zero_experiment
from pytorch_lightning.utilities.rank_zero import rank_zero_only

from mmfusion.config.environment import SWEEP_VARIABLE


class WandB(WandbLogger):
    """Writes `wandb/` in the run's folder; with `mode: offline` nothing is sent and no account is needed.

    `wandb sync <run>/wandb/offline-run-*` sends an offline run later.

    Args:
        project: where W&B files it.
        mode: offline, online, or disabled.
        entity: team or user; None is the account's default.
        group: what W&B shows together; None is the sweep that the run belongs to, if any.
        tags: words to find the run by.
    """

    def __init__(
        self,
        folder: str,
        run: str,
        project: str = "mmfusion",
        mode: Literal["offline", "online", "disabled"] = "offline",
        entity: str | None = None,
        group: str | None = None,
        tags: list[str] | None = None,
    ) -> None:
        import wandb

        # console="off": W&B would take over stdout, and the run's own output is no metric.
        # reinit: a run that is open in this process, a notebook's or one that was left behind, is somebody else's.
        settings = wandb.Settings(console="off", silent=True, init_timeout=60.0, reinit="create_new")
        super().__init__(
            name=run,
            save_dir=folder,
            project=project,
            offline=mode == "offline",
            mode=mode,
            entity=entity,
            group=group or os.environ.get(SWEEP_VARIABLE),
            tags=list(tags or ()),
            settings=settings,
        )
        # Lightning always hands this over, and wandb warns whenever it is set.
        self._wandb_init.pop("anonymous", None)

    @property
    @rank_zero_experiment
    def experiment(self) -> Any:
        """The W&B run, opened on first use; Lightning's would take any that is open in the process."""
        if self._experiment is None:
            import wandb

            self._experiment = wandb.init(**self._wandb_init)
            self._experiment.define_metric("trainer/global_step")
            self._experiment.define_metric("*", step_metric="trainer/global_step", step_sync=True)
        return self._experiment

    @rank_zero_only
    def finish(self, exit_code: int) -> None:
        """Close the run; W&B shows it as failed unless the code is 0."""
        if self._experiment is not None:
            self.experiment.finish(exit_code=exit_code)

    @rank_zero_only
    def log_hyperparams(self, params: Any, *args: Any, **kwargs: Any) -> None:
        self.experiment.config.update(dict(params), allow_val_change=True)
