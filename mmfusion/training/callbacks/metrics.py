"""Sends what each training step recorded to the loggers."""

from __future__ import annotations

import math
from itertools import combinations, islice
from typing import Any

import torch
from pytorch_lightning import Callback, LightningModule, Trainer

from mmfusion.training.callbacks.speed import Span, Speed
from mmfusion.training.losses import StepRecord


class StepMetrics(Callback):
    """Logs optimizer steps 0, n, 2n, … for n = `trainer.log_every_n_steps`, and those where gradients were requested.

    With n = 0 the latter alone.

    For task t, modality m and parameter group g: `step/<t>/loss` (unweighted), `step/<t>/weight`, `step/<t>/labels`,
    `step/present/<m>` (rows that have it; both over all ranks), where gradients were taken `step/<t>/gradient_norm`
    and `step/cosine/<t>~<u>`, `lr/<g>`, and since the last log `speed/rows_per_second` and `speed/waiting` (share of
    the time). A task without a label in the step has no loss and no weight there. When a step has several batches
    (accumulation), the numbers are those of the last one. Means and totals of an epoch are logged by the module.

    Steps count from 0; validation after step s is logged under s as well.
    """

    def __init__(self, speed: Speed) -> None:
        self.speed = speed  # must stand in front of this callback in the trainer's list
        self._step = 0
        self._rates: dict[str, float] = {}

    def on_train_batch_start(self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int) -> None:
        # Schedules move on before the batch ends; this is what the step itself uses.
        self._step = trainer.global_step
        groups = (g for optimizer in trainer.optimizers for g in optimizer.param_groups)
        named = {str(g.get("name", i)): float(g["lr"]) for i, g in enumerate(groups)}
        # A scope's two groups, with and without decay, have one rate; some scopes have the one without alone.
        self._rates = {f"lr/{name.removesuffix('.no_decay')}": rate for name, rate in named.items()}

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        if trainer.global_step == self._step:
            return  # accumulating
        every: int = pl_module.gradients_every_n_steps  # type: ignore[assignment]
        n: int = trainer.log_every_n_steps  # type: ignore[attr-defined]  # Lightning sets it late
        if not any(k and self._step % k == 0 for k in (n, every)):
            return
        record: StepRecord = pl_module.record  # type: ignore[assignment]
        metrics = step_metrics(record, list(pl_module.tasks), list(pl_module.modalities))  # type: ignore[arg-type]
        self.speed.worked()  # reading the record has waited for the device to finish the steps
        metrics |= self._rates
        metrics["speed/rows_per_second"] = self.speed.recent.rows_per_second()
        metrics["speed/waiting"] = self.speed.recent.waiting()
        self.speed.recent = Span()
        for logger in trainer.loggers:
            logger.log_metrics({**metrics, "epoch": trainer.current_epoch}, step=self._step)
        self.speed.worked()  # nor did the loggers wait for data


def step_metrics(record: StepRecord, tasks: list[str], modalities: list[str]) -> dict[str, float]:
    """One step's record as flat numbers; what was not computed is left out."""
    known = {name: part.detach().flatten().float() for name, part in vars(record).items() if part is not None}
    flat = iter(torch.cat(list(known.values())).tolist())  # one wait for the device in place of one a part
    values = {name: list(islice(flat, len(part))) for name, part in known.items()}
    names = {"loss": "losses", "weight": "weights", "gradient_norm": "gradient_norms"}
    metrics: dict[str, float] = {}
    for i, task in enumerate(tasks):
        metrics[f"step/{task}/labels"] = values["labels"][i]
        if values["active"][i]:
            metrics |= {f"step/{task}/{name}": values[of][i] for name, of in names.items() if of in values}
    metrics |= {f"step/present/{name}": count for name, count in zip(modalities, values["present"], strict=True)}
    for (i, a), (j, b) in combinations(enumerate(tasks), 2):
        cosine = values["cosines"][i * len(tasks) + j] if "cosines" in values else math.nan
        if values["active"][i] and values["active"][j] and math.isfinite(cosine):
            metrics[f"step/cosine/{a}~{b}"] = cosine
    return metrics
