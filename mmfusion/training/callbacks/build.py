"""From `callbacks` config to the callbacks of a run, in the order in which they depend on one another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from annotated_types import Ge
from pytorch_lightning import Callback
from pytorch_lightning.callbacks import Checkpoint
from pytorch_lightning.callbacks import EarlyStopping as LightningStopping
from pytorch_lightning.callbacks import ProgressBar as LightningBar
from pytorch_lightning.utilities.exceptions import MisconfigurationException

from mmfusion.config.errors import ConfigError
from mmfusion.config.instantiate import instantiate
from mmfusion.config.names import MONITOR
from mmfusion.tasks._base import Task
from mmfusion.training.callbacks.checkpoint import Checkpoints
from mmfusion.training.callbacks.early_stopping import EarlyStopping
from mmfusion.training.callbacks.metrics import StepMetrics
from mmfusion.training.callbacks.monitor import Monitor, resolve_goal
from mmfusion.training.callbacks.plateau import MovePlateau
from mmfusion.training.callbacks.predictions import KeepPredictions
from mmfusion.training.callbacks.progress import progress_callbacks
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

    patience: Annotated[int, Ge(0)] | None
    min_delta: float


@dataclass
class CheckpointConfig:
    """Which checkpoints are kept: the best by the monitor (the test is made with it), the last."""

    save_best: bool
    save_last: bool


@dataclass
class CallbacksConfig:
    """The `callbacks` section; beside these keys any callback of Lightning's or one's own may stand, by `_target_`."""

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
    choose: bool = True,
) -> Callbacks:
    """Callbacks for the `callbacks` section `cfg`.

    A user's own stand behind what logs and judges a validation and in front of what stops training and writes
    checkpoints: they see `val/monitor`, and what they change is saved. Without `choose` validation neither stops
    training nor chooses checkpoints, and callbacks that do so are left out. ConfigError as of `resolve_goal` and
    `user_callbacks`.
    """
    goal = resolve_goal(cfg["monitor"]["metric"], cfg["monitor"]["mode"], tasks)
    speed, monitor, predictions = Speed(), Monitor(goal), KeepPredictions()
    kept = Checkpoints(checkpoints, goal, *(choose and cfg["checkpoint"][key] for key in ("save_best", "save_last")))
    further = [c for c in user_callbacks(cfg) if choose or not isinstance(c, Checkpoint | LightningStopping)]
    ordered: list[Callback] = [speed, StepMetrics(speed), monitor, MovePlateau(), *further]
    if choose and cfg["early_stopping"]["patience"] is not None:
        # check_finite: what is not finite is the module's to report, with the task's name.
        options: dict[str, Any] = {"mode": goal.mode, "check_finite": False, "check_on_train_epoch_end": False}
        ordered.append(EarlyStopping(MONITOR, **cfg["early_stopping"], **options))
    ordered += [kept, predictions]
    # Optuna knows nothing of pruning by several objectives.
    pruning = PruneTrial(trial) if trial is not None and len(trial.objectives) == 1 else None
    if pruning is not None:
        ordered.append(pruning)
    if not any(isinstance(callback, LightningBar) for callback in further):
        ordered += progress_callbacks(progress, monitor)
    return Callbacks(speed, monitor, kept, predictions, pruning, ordered)


def user_callbacks(cfg: Mapping[str, Any]) -> list[Callback]:
    """The callbacks that the section names by `_target_`, in its order; ConfigError where it makes none."""
    callbacks = []
    for name in [name for name in cfg if name not in CallbacksConfig.__dataclass_fields__]:
        key = f"callbacks.{name}"
        try:
            callback = instantiate(cfg[name], key)
        except MisconfigurationException as error:
            raise ConfigError(f"{key}: {' '.join(str(error).split())}") from error
        if not isinstance(callback, Callback):
            raise ConfigError(f"{key}: {cfg[name]['_target_']} is no pytorch_lightning.Callback")
        callbacks.append(callback)
    return callbacks
