"""Keeps the model's outputs on the test split, for plots and `predictions.parquet`."""

from __future__ import annotations

from typing import Any

import torch
import torch.distributed as dist
from pytorch_lightning import Callback, LightningModule, Trainer
from torch import Tensor

from mmfusion.batch import Batch


class KeepPredictions(Callback):
    """Collects outputs of the test with targets and ids, on the CPU; rank 0 has those of all ranks."""

    def __init__(self) -> None:
        self._parts: list[tuple[list[str], dict[str, dict[str, Tensor]]]] = []
        self.ids: list[str] = []  # of the rows below, in their order
        self.outputs: dict[str, Tensor] = {}  # task to `[N, C]`, with all modalities
        self.targets: dict[str, Tensor] = {}  # task to `[N, ...]`
        self.labelled: dict[str, Tensor] = {}  # task to Bool `[N]`
        self.present: dict[str, Tensor] = {}  # modality to Bool `[N]`

    def on_test_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._parts = []

    def on_test_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Batch, *indices: int
    ) -> None:
        rows_K = outputs["rows"]
        if len(rows_K) == 0:
            return
        kept = {
            "outputs": {task: x.detach().float().cpu() for task, x in outputs["outputs"].items()},
            "targets": {task: x[rows_K.to(x.device)].cpu() for task, x in batch.targets.items()},
            "labelled": {task: x[rows_K].cpu() for task, x in batch.labelled.items()},
            "present": {modality: x[rows_K].cpu() for modality, x in batch.present.items()},
        }
        self._parts.append(([batch.ids[i] for i in rows_K.tolist()], kept))

    def on_test_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        parts = self._parts
        if trainer.world_size > 1:
            gathered: list[Any] | None = [None] * trainer.world_size if trainer.is_global_zero else None
            dist.gather_object(parts, gathered)
            parts = [part for rank in gathered or [] for part in rank]
        self._parts = []
        self.ids = [row for ids, _ in parts for row in ids]
        for name in ("outputs", "targets", "labelled", "present"):
            keys = parts[0][1][name] if parts else {}
            setattr(self, name, {key: torch.cat([kept[name][key] for _, kept in parts]) for key in keys})
