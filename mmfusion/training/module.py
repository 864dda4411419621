"""The one LightningModule: a step of training from batch to total loss, and what is logged of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytorch_lightning as pl
import torch
from torch import Tensor
from torch.distributed.fsdp import FSDPModule
from torch.optim import Optimizer

from mmfusion.batch import Batch
from mmfusion.data.batches.seeds import mix
from mmfusion.loss_weighting._base import LossWeighting
from mmfusion.model import MultiTaskModel
from mmfusion.tasks._base import Task
from mmfusion.training.evaluation import Scores
from mmfusion.training.gradients import PLACES, cosines, gramian, norms
from mmfusion.training.guard import FiniteGuard
from mmfusion.training.losses import Losses, StepRecord, split_counts, task_losses
from mmfusion.training.sharding import shard
from mmfusion.training.subsets import SubsetTest, choose_subsets


class MultiTaskModule(pl.LightningModule):
    """visible → represent → decide → losses → (Gramian) → weighting → total, then one ordinary backward pass.

    Automatic optimisation, for every weighting. Every parameter has a gradient in every step, so DDP needs no search
    for unused ones. Validation and test score the rows that have a label; `<split>/loss` is the plain sum of the
    tasks' losses. A test scores every subset of the modalities too, from one pass through the encoders.

    Args:
        gradients_of: where a weighting takes the tasks' gradients: `representation`, `last_shared_layer`, `shared`;
            ValueError if nothing is trained there.
        optimizer: of the parameters of model and weighting.
        scheduler: optimizer and number of steps to what Lightning calls `lr_scheduler`; None keeps the rate.
        gradients_every_n_steps: take the gradients every so many steps even if the weighting needs none; 0 never.
            Of a step of several batches (accumulation) those of the last one, which is the one that is logged.
        subsets: which subsets of the modalities a test tries: `all`, `leave_one_out` or `none`.
    """

    def __init__(
        self,
        model: MultiTaskModel,
        weighting: LossWeighting,
        gradients_of: str,
        optimizer: Callable[[MultiTaskModel, LossWeighting], Optimizer],
        scheduler: Callable[[Optimizer, float], dict[str, Any]] | None = None,
        gradients_every_n_steps: int = 0,
        subsets: str = "all",
    ) -> None:
        super().__init__()
        assert gradients_of in PLACES, gradients_of
        self.model = model
        self.weighting = weighting
        self.gradients_of = gradients_of
        self.gradients_every_n_steps = gradients_every_n_steps
        self.tasks: dict[str, Task] = dict(model.tasks.items())  # type: ignore[arg-type]
        self.modalities = list(model.encoders)
        self.record: StepRecord | None = None  # the last step's numbers
        self.schedule_steps: float | None = None  # of the learning rate; None for as many as the trainer makes
        self._make_optimizer, self._make_scheduler = optimizer, scheduler
        self._subsets = choose_subsets(self.modalities, subsets)
        self._guard = FiniteGuard(list(self.tasks))
        self._totals: Tensor | None = None
        self._scores: Scores | SubsetTest
        if self.keeps_graph and gradients_of != "representation" and not self._places():
            raise ValueError(
                f"gradients_of={gradients_of}: no parameter there is trained (all are frozen, or there is none), so "
                "tasks have no gradient to compare; use gradients_of=representation"
            )

    def __setattr__(self, name: str, value: Any) -> None:
        # Lightning notes the running hook some forty times a step; torch's way would look for parameters each time.
        if name == "_current_fx_name":
            object.__setattr__(self, name, value)
        else:
            super().__setattr__(name, value)

    @property
    def keeps_graph(self) -> bool:
        """Whether a step may walk its graph more than once."""
        return self.weighting.needs_gramian or self.gradients_every_n_steps > 0

    # ---- training

    def on_fit_start(self) -> None:
        # All ranks started from one seed, for the same weights; dropout must not hide the same things on each. Mixed
        # and not added: rank 1 of seed 0 must not draw what rank 0 of seed 1 draws.
        if self.global_rank:
            torch.manual_seed(mix(torch.initial_seed(), "rank", self.global_rank))

    def transfer_batch_to_device(self, batch: Batch, device: torch.device, dataloader_idx: int) -> Batch:
        # Lightning would wait for each tensor, and so for all work that was handed over before.
        return batch.to(device, non_blocking=device.type == "cuda")

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        model, ends_step = self.model, self._ends_step(batch_idx)
        takes_gramian, of_rows = self._takes_gramian(ends_step), self.gradients_of == "representation"
        present = model.visible(batch.present)
        streams = model.represent(batch.inputs, present)
        if takes_gramian and of_rows:
            # With all in front of them frozen, the streams would have no gradient.
            streams = {name: x if x.requires_grad else x.detach().requires_grad_() for name, x in streams.items()}
        shown = replace(batch, present=present)  # what is counted is what the model saw
        losses = task_losses(self.tasks, model.decide(streams, present), shown, self.modalities)
        gramian_TT = None
        if takes_gramian:
            at = list(streams.values()) if of_rows else self._places()
            gramian_TT = gramian(losses.sums, losses.labels, at, of_rows)
        total, weights = self.weighting(losses.means, gramian_TT, losses.active)
        if ends_step:
            self.weighting.end_step()
        self._keep(losses, weights, gramian_TT)
        self._guard.watch(losses.means, weights, losses.rows, batch.ids)
        return total

    def on_before_optimizer_step(self, optimizer: Optimizer) -> None:
        self._guard.check(self.global_step)

    def on_train_epoch_start(self) -> None:
        self._totals = None

    def on_train_batch_start(self, batch: Batch, batch_idx: int) -> None:
        # Not in `on_train_epoch_end`: whether a resumed run calls that hook for the epoch that its checkpoint closed
        # depends on which callback wrote it. A new epoch's first batch comes exactly once.
        if batch_idx == 0:
            self.weighting.on_epoch_start()

    def configure_model(self) -> None:
        # Lightning calls this before fitting and again before testing; only a strategy that shards has a mesh.
        if self.device_mesh is not None and not isinstance(self, FSDPModule):
            assert not self.keeps_graph or self.gradients_of == "representation", "parameters are sharded"
            shard(self, self.model, self.device_mesh["data_parallel"])

    def configure_optimizers(self) -> Any:
        optimizer = self._make_optimizer(self.model, self.weighting)
        if self._make_scheduler is None:
            return optimizer
        steps = self.schedule_steps
        schedule = self._make_scheduler(optimizer, self.trainer.estimated_stepping_batches if steps is None else steps)
        return {"optimizer": optimizer, "lr_scheduler": schedule}

    def _ends_step(self, batch_idx: int) -> bool:
        """Whether the optimizer steps after this batch: the last of those whose gradients are accumulated."""
        done, trainer = batch_idx + 1, self.trainer
        ends_epoch = done == trainer.num_training_batches or trainer.is_last_batch
        return ends_epoch or done % trainer.accumulate_grad_batches == 0

    def _takes_gramian(self, ends_step: bool) -> bool:
        every = self.gradients_every_n_steps
        is_logged = ends_step and every > 0 and self.global_step % every == 0
        return self.weighting.needs_gramian or is_logged

    def _places(self) -> Sequence[Tensor]:
        last = self.gradients_of == "last_shared_layer"
        return self.model.last_layer() if last else self.model.shared_parameters()

    def _keep(self, losses: Losses, weights: Tensor, gramian_TT: Tensor | None) -> None:
        _, labels, present, _ = split_counts(losses.counts, len(self.tasks))
        self.record = StepRecord(losses.means.detach(), weights, losses.active, labels, present)
        if gramian_TT is not None:
            self.record.gradient_norms, self.record.cosines = norms(gramian_TT), cosines(gramian_TT)
        self._totals = losses.counts if self._totals is None else self._totals + losses.counts

    def on_train_epoch_end(self) -> None:
        """Log mean losses, and the rows, labels and modalities seen, over the epoch's steps and all ranks.

        A task of which the epoch had no label has no loss.
        """
        if self._totals is None:
            return
        sums, labels, present, rows = split_counts(self._totals, len(self.tasks))
        means = {"train/rows": rows}
        for i, (name, seen) in enumerate(zip(self.tasks, labels.tolist(), strict=True)):
            means[f"train/{name}/labels"] = labels[i]
            if seen:
                means[f"train/{name}/loss"] = sums[i] / labels[i]
        means |= {f"train/present/{name}": count for name, count in zip(self.modalities, present, strict=True)}
        self.log_dict(means, sync_dist=True)

    # ---- validation and test

    def on_validation_epoch_start(self) -> None:
        self._scores = Scores(self.tasks, self.device)

    def validation_step(self, batch: Batch, batch_idx: int) -> None:
        assert isinstance(self._scores, Scores)
        self._scores.update(self.model(batch), batch.targets, batch.labelled, len(batch))

    def on_validation_epoch_end(self) -> None:
        self.log_dict({f"val/{key}": value for key, value in self._scores.compute().items()}, sync_dist=True)

    def on_test_epoch_start(self) -> None:
        self._scores = SubsetTest(self.model, self.tasks, self._subsets, self.device)

    def test_step(self, batch: Batch, batch_idx: int) -> dict[str, Any]:
        assert isinstance(self._scores, SubsetTest)
        return self._scores.update(batch)

    def on_test_epoch_end(self) -> None:
        self.log_dict(self._scores.compute(), sync_dist=True)
