"""Reports validations to a search's study and stops the run when the pruner wants it."""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING, Any

from pytorch_lightning import Callback, LightningModule, Trainer
from pytorch_lightning.trainer.states import TrainerFn

from mmfusion.training.callbacks.monitor import logged
from mmfusion.training.search.trial import Announcement

if TYPE_CHECKING:
    import optuna


class PruneTrial(Callback):
    """After each validation reports the objective's value to the study, as step 0, 1, 2, …, and obeys the pruner.

    Rank 0 alone talks to the study and broadcasts the answer, so that all ranks stop after the same step. A study that
    cannot be reached does not end the run, which goes on without being pruned; standard error names the reason.
    """

    def __init__(self, trial: Announcement) -> None:
        self.metric = trial.objectives[0]["metric"]
        self.reason: str | None = None  # why the run was pruned
        self._announced = trial
        self._handle: optuna.Trial | None = None
        self._validations = 0
        self._is_cut_off = False

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if trainer.sanity_checking or trainer.state.fn != TrainerFn.FITTING or self.reason is not None:
            return
        value = float(logged(trainer.callback_metrics, self.metric, "hydra.sweeper.objectives"))
        step = self._validations
        self._validations += 1
        if math.isnan(value):  # which pruners would take for the worst there is
            return
        wanted = self._report(value, step) if trainer.is_global_zero else False
        if trainer.strategy.broadcast(wanted):
            self.reason = f"pruned after epoch {trainer.current_epoch}: {self.metric} was {value:.6g}"
            trainer.should_stop = True

    def state_dict(self) -> dict[str, Any]:
        return {"validations": self._validations}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self._validations = state_dict["validations"]

    def _report(self, value: float, step: int) -> bool:
        """Whether to prune."""
        if self._is_cut_off:
            return False
        try:
            handle = self._trial()
            handle.report(value, step)
            return bool(handle.should_prune())
        except Exception as error:
            self._is_cut_off = True
            print(f"mmfusion: the study cannot be reached, so this run is not pruned: {error}", file=sys.stderr)
            return False

    def _trial(self) -> optuna.Trial:
        if self._handle is None:
            # Only a run that a search started pays for the import.
            import optuna

            from mmfusion.training.search.named import build_pruner
            from mmfusion.training.search.storage import open_storage

            optuna.logging.set_verbosity(optuna.logging.WARNING)
            study = optuna.load_study(
                study_name=self._announced.study,
                storage=open_storage(self._announced.storage),
                sampler=optuna.samplers.RandomSampler(),
                pruner=build_pruner(self._announced.pruner),
            )
            frozen = study.get_trials(deepcopy=False)[self._announced.trial]
            self._handle = optuna.Trial(study, frozen._trial_id)
        return self._handle
