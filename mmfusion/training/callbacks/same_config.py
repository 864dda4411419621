"""All ranks of a run must train the same thing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch.distributed as dist
from pytorch_lightning import Callback, LightningModule, Trainer

from mmfusion.config.errors import ConfigError

_OF_A_RANK = ("paths",)  # may hold the time of day at which each composed


class SameConfig(Callback):
    """Stops a distributed run whose ranks were given different configs, before the first step.

    Each rank composes its own config from its own command line. A launcher that hands different hyperparameters to
    the ranks of one job would otherwise average the gradients of different experiments and end with exit code 0.

    Args:
        config: this rank's.

    Raises:
        ConfigError: on every rank; names the first keys that differ, and what each rank has.
    """

    def __init__(self, config: Mapping[str, Any]) -> None:
        self.config = {key: value for key, value in config.items() if key not in _OF_A_RANK}

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        if trainer.world_size == 1 or not dist.is_initialized():
            return
        found: list[dict[str, Any] | None] = [None] * trainer.world_size
        dist.all_gather_object(found, dict(_flat(self.config)))
        different = _different([each for each in found if each is not None])
        if different:
            more = f" (and {len(different) - 1} more)" if len(different) > 1 else ""
            raise ConfigError(f"the ranks of this run have different configs: {different[0]}{more}")


def _different(configs: list[dict[str, Any]]) -> list[str]:
    keys = sorted({key for config in configs for key in config})
    lines = []
    for key in keys:
        values = [config.get(key, "nothing") for config in configs]
        if any(value != values[0] for value in values):
            lines.append(f"{key} is {', '.join(f'{value} on rank {rank}' for rank, value in enumerate(values))}")
    return lines


def _flat(node: Any, prefix: str = "") -> list[tuple[str, Any]]:
    if isinstance(node, Mapping) and node:
        return [pair for key, value in node.items() for pair in _flat(value, f"{prefix}{key}.")]
    return [(prefix[:-1], repr(node))]
