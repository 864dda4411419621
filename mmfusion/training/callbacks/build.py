"""From `callbacks` config to the callbacks of a run, in the order in which they depend on one another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pytorch_lightning import Callback

from mmfusion.config.errors import ConfigError
from mmfusion.config.limits import Range
from mmfusion.tasks._base import Task
from mmfusion.training.callbacks.checkpoint import Checkpoints
from mmfusion.training.callbacks.early_stopping import EarlyStopping
from mmfusion.training.callbacks.metrics import StepMetrics
from mmfusion.training.callbacks.monitor import MONITOR, Monitor, resolve_goal
from mmfusion.training.callbacks.plateau import MovePlateau
from mmfusion.training.callbacks.predictions import KeepPredictions
from mmfusion.training.callbacks.progress import ProgressBar, ProgressLines
from mmfusion.training.callbacks.pruning import PruneTrial
from mmfusion.training.callbacks.speed import Speed
from mmfusion.training.search.trial import Announcement


@dataclass
class MonitorConfig:
    """What a run is judged by; see `resolve_goal`."""

    metric: str | Mapping[str, float]
    mode: Literal["auto", "min", "max"]


@dataclass
class EarlyStoppingConfig:
    """Training stops after `patience` validations that do not beat the best by `min_delta`; null never stops."""

    patience: Annotated[int, Range(0)] | None
    min_delta: float


@dataclass
class CheckpointConfig:
    """Which checkpoints are kept: the best by the monitor (the test is made with it), the last."""

    save_best: bool
    save_last: bool


@dataclass
class CallbacksConfig:
    """The `callbacks` section."""

    monitor: MonitorConfig
    early_stopping: EarlyStoppingConfig
    checkpoint: CheckpointConfig


@dataclass(frozen=True)
class Callbacks:
    """The callbacks of a run by name, and all of them in order; `pruning` is None outside of a search."""

    speed: Speed
    monitor: Monitor
    checkpoints: Checkpoints
    predictions: KeepPredictions
    pruning: PruneTrial | None
    ordered: list[Callback]


def build_callbacks(
    cfg: Mapping[str, Any],
    tasks: Mapping[str, Task],
    checkpoints: Path | str,
    progress: bool | Literal["lines"] = False,
    trial: Announcement | None = None,
) -> Callbacks:
    """Callbacks for the `callbacks` section `cfg`.

    Args:
        cfg: the keys of `CallbacksConfig`, all of them.
        tasks: fitted tasks, whose metrics the monitor may name.
        checkpoints: the folder where checkpoints go.
        progress: draw a progress bar, or write lines.
        trial: the search's trial that this run is.

    Raises:
        ConfigError: the monitor names a metric that no task has.
    """
    goal = resolve_goal(cfg["monitor"]["metric"], cfg["monitor"]["mode"], tasks)
    speed, monitor, predictions = Speed(), Monitor(goal), KeepPredictions()
    kept = Checkpoints(checkpoints, goal, cfg["checkpoint"]["save_best"], cfg["checkpoint"]["save_last"])
    ordered: list[Callback] = [speed, StepMetrics(speed), monitor, MovePlateau()]
    patience = cfg["early_stopping"]["patience"]
    if patience is not None:
        if patience < 0:
            raise ConfigError(f"callbacks.early_stopping.patience must be >= 0 or null, found {patience}")
        # check_finite: what is not finite is the module's to report, with the task's name.
        ordered.append(
            EarlyStopping(
                MONITOR,
                min_delta=cfg["early_stopping"]["min_delta"],
                patience=patience,
                mode=goal.mode,
                check_finite=False,
                check_on_train_epoch_end=False,
            )
        )
    ordered += [kept, predictions]
    # Optuna knows nothing of pruning by several objectives.
    pruning = PruneTrial(trial) if trial is not None and len(trial.objectives) == 1 else None
    if pruning is not None:
        ordered.append(pruning)
    if progress:
        ordered.append(ProgressLines(monitor) if progress == "lines" else ProgressBar(monitor))
    return Callbacks(speed, monitor, kept, predictions, pruning, ordered)
