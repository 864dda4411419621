"""`trainer.refit`: training from scratch on validation rows too, for as long as validation showed to be best."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from pytorch_lightning import Callback, LightningModule, Trainer, seed_everything

from mmfusion.data.module import MultiModalData
from mmfusion.progress import busy
from mmfusion.store.files import BEST, FITTED, FITTED_DATA, FITTED_TASKS, LAST, REFIT
from mmfusion.store.folder import RunFolder
from mmfusion.tasks._base import Task
from mmfusion.training.build import build_data, build_model, build_module
from mmfusion.training.callbacks.build import build_callbacks
from mmfusion.training.callbacks.checkpoint import Checkpoints
from mmfusion.training.callbacks.predictions import KeepPredictions
from mmfusion.training.module import MultiTaskModule
from mmfusion.training.trainer import build_trainer, progress_of

log = logging.getLogger(__name__)


def refit(
    config: Mapping[str, Any],
    folder: RunFolder,
    first: Trainer,
    data: MultiModalData,
    chosen: Checkpoints,
    callbacks: Sequence[Callback],
) -> tuple[MultiTaskModule, MultiModalData, KeepPredictions] | None:
    """Train anew on training and validation rows, for as many optimizer steps as the best checkpoint has seen.

    Everything that is fitted (vocabularies, statistics, classes) is fitted on both. A step has the learning rate that
    it had in the first training. The model then takes the place of the checkpoints of the first training, and what was
    fitted the place of what was; nothing of it is logged. Returns the second training's module, data and keeper of the
    test's predictions; None where the first chose no best checkpoint.
    """
    if chosen.best_step is None or chosen.best_epoch is None:
        log.warning("trainer.refit: no checkpoint is the best, so none says how long to train; no refit is made")
        return None
    steps = chosen.best_step + 1
    seed_everything(config["seed"], workers=True, verbose=False)
    again, tasks = build_data(config)
    assert data.table is not None
    again.train_on_validation(data.table)
    with busy("preparing data for the refit"):
        again.setup()
    seed_everything(config["seed"], workers=True, verbose=False)
    module = build_module(config, build_model(config, again, tasks))
    module.schedule_steps = first.estimated_stepping_batches
    own = build_callbacks(
        config["callbacks"],
        tasks,
        folder.checkpoints,
        folder.writes and progress_of(config["trainer"]),
        choose=False,
    )
    keep = [_KeepLast(chosen)] if chosen.best or chosen.last else []
    settings = {**config["trainer"], "max_epochs": -1, "max_steps": steps, "limit_val_batches": 0, "profiler": None}
    trainer = build_trainer(settings, [*callbacks, *own.ordered, *keep], [], folder.path)
    trainer.fit(module, datamodule=again)
    write_fitted(folder, again, tasks)
    if folder.writes and keep:
        (chosen.folder / LAST).unlink(missing_ok=True)
        (chosen.folder / REFIT).replace(chosen.folder / (BEST if chosen.best else LAST))
    return module, again, own.predictions


def write_fitted(folder: RunFolder, data: MultiModalData, tasks: Mapping[str, Task]) -> None:
    """What was fitted on the training rows, into the run's folder."""
    folder.write(FITTED_DATA, data.state())
    if folder.writes:
        data.save_files(folder.path / FITTED)
    folder.write(FITTED_TASKS, {name: task.state() for name, task in tasks.items()})


class _KeepLast(Callback):
    """Saves the model at the end of training, beside what is there."""

    def __init__(self, chosen: Checkpoints) -> None:
        self.chosen = chosen

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.chosen.save(trainer, self.chosen.folder / REFIT)
