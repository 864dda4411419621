"""What is checked of a run before its first step, once its ranks and its rows are there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pytorch_lightning import Callback, LightningModule, Trainer

from mmfusion.config.errors import ConfigError
from mmfusion.config.mismatches import report
from mmfusion.config.validation import beyond_epoch
from mmfusion.training.distributed import gather_over_ranks


class SameConfig(Callback):
    """Stops a distributed run whose ranks were given different configs.

    Each rank composes its own config from its own command line. A launcher that hands different hyperparameters to
    the ranks of one job would otherwise average the gradients of different experiments and end with exit code 0. Each
    rank raises ConfigError with the first key that differs, and what each of them has.
    """

    def __init__(self, config: Mapping[str, Any]) -> None:
        # Paths may hold the time of day at which each composed.
        self.config = {key: value for key, value in config.items() if key != "paths"}

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        configs = gather_over_ranks([dict(_flat(self.config))])
        different = []
        for key in sorted({key for config in configs for key in config}):
            values = [config.get(key, "nothing") for config in configs]
            if len(set(values)) > 1:
                shown = ", ".join(f"{value} on rank {rank}" for rank, value in enumerate(values))
                different.append(f"{key} is {shown}")
        if different:
            more = f" (and {len(different) - 1} more)" if len(different) > 1 else ""
            raise ConfigError(f"the ranks of this run have different configs: {different[0]}{more}")


class ValidationInterval(Callback):
    """Refuses a `trainer.val_check_interval` that no epoch reaches, which depends on the rows of this process."""

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        data = trainer.datamodule  # type: ignore[attr-defined]  # Lightning sets it late
        if stage != "fit" or data is None or trainer.fast_dev_run or trainer.limit_val_batches == 0:  # type: ignore[attr-defined]
            return
        batches, limit = len(data.train_dataloader()), trainer.limit_train_batches
        batches = min(batches, limit) if isinstance(limit, int) else int(batches * limit)
        report(list(beyond_epoch(trainer.val_check_interval, trainer.check_val_every_n_epoch, batches)))


def _flat(node: Any, prefix: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(node, Mapping) and node:
        for key, value in node.items():
            yield from _flat(value, f"{prefix}{key}.")
    else:
        yield prefix[:-1], repr(node)
