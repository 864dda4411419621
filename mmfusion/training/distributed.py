"""Sums and lists over the ranks of a distributed run; the plain value where there is one process."""

from __future__ import annotations

from typing import Any

import torch.distributed as dist
from torch import Tensor


def world_size() -> int:
    """The number of processes that train together."""
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


def sum_over_ranks(x: Tensor) -> Tensor:
    """Σ over ranks, detached; in place, since every caller hands over a tensor of its own."""
    if world_size() > 1:
        dist.all_reduce(x, op=dist.ReduceOp.SUM)
    return x


def gather_over_ranks(items: list[Any]) -> list[Any]:
    """The items of all ranks, in the order of the ranks; all ranks must call it, and wait for one another."""
    if world_size() == 1:
        return items
    parts: list[list[Any]] = [[] for _ in range(world_size())]
    dist.all_gather_object(parts, items)
    return [item for part in parts for item in part]
