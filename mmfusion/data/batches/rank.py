"""What of a run decides about its batches beside the data: which of its processes this is, and where it computes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch.distributed


@dataclass(frozen=True)
class Process:
    """One of the processes of a run.

    Attributes:
        rank: this process.
        world: how many there are.
        here: how many of them share this machine's cores.
        on_gpu: batches go to a GPU; that there is one in the machine does not say that the run uses it.
        overfits: a few batches are to be learned by heart.
    """

    rank: int = 0
    world: int = 1
    here: int = 1
    on_gpu: bool = False
    overfits: bool = False


def this_process(trainer: Any) -> Process:
    """As the Trainer says, if there is one; else as torch.distributed does."""
    if trainer is None:
        if torch.distributed.is_available() and torch.distributed.is_initialized():
            return Process(torch.distributed.get_rank(), torch.distributed.get_world_size())
        return Process()
    device = getattr(getattr(trainer, "strategy", None), "root_device", None)
    return Process(
        rank=trainer.global_rank,
        world=trainer.world_size,
        here=getattr(trainer, "num_devices", 1),
        on_gpu=device is not None and device.type == "cuda",
        overfits=bool(getattr(trainer, "overfit_batches", 0)),
    )
