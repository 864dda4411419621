"""The loader of a split: from options (the config's `data.loader`) and a process's rank."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

import torch.distributed
from annotated_types import Ge, Interval

from mmfusion.data.batches.dataset import OnError, SplitDataset
from mmfusion.data.batches.loader import Loader
from mmfusion.data.batches.sampler import DistributedBatchSampler
from mmfusion.data.errors import DataError
from mmfusion.hardware import usable_cores


@dataclass(frozen=True)
class LoaderConfig:
    """How batches are made; a config is checked against the annotations.

    Attributes:
        batch_size: rows a batch and process.
        eval_batch_size: the same for validation, test and prediction; None is `batch_size`.
        workers: processes that decode ahead; auto is none if everything is cached, else one less than the cores.
        cache: auto keeps decoded media in memory up to the limit, memory always, none never.
        cache_limit_gb: for auto, a process; the largest modalities stay out.
        shuffle: a new order of the training rows each epoch.
        drop_last: leave a last training batch out that is not full.
        pin_memory: page-locked batches; auto if the Trainer runs on a GPU.
        on_error: what becomes of a row whose medium cannot be decoded: raise, skip (left out) or absent.
        max_error_rate: share of a split's rows that `skip` and `absent` may touch.
        rows_without_modality: rows that have only modalities which are not in use: refuse or skip.
        timeout_s: seconds to wait for a batch from a worker process; 0 waits for ever.
    """

    batch_size: Annotated[int, Ge(1)] = 64
    eval_batch_size: Annotated[int, Ge(1)] | None = None
    workers: Annotated[int, Ge(0)] | Literal["auto"] = "auto"
    cache: Literal["auto", "memory", "none"] = "auto"
    cache_limit_gb: Annotated[float, Ge(0)] = 2.0
    shuffle: bool = True
    drop_last: bool = False
    pin_memory: bool | Literal["auto"] = "auto"
    on_error: OnError = "raise"
    max_error_rate: Annotated[float, Interval(ge=0, le=1)] = 0.01
    rows_without_modality: Literal["refuse", "skip"] = "refuse"
    timeout_s: Annotated[float, Ge(0)] = 600.0


@dataclass(frozen=True)
class Rank:
    """What of a process of a run its batches depend on."""

    rank: int = 0
    world: int = 1
    local: int = 1  # processes that share this machine's cores
    on_gpu: bool = False  # batches go to one; that there is one in the machine does not say that the run uses it
    overfits: bool = False  # the Trainer overfits a few batches


def current_rank(trainer: Any) -> Rank:
    """As the Trainer says, if there is one; else as torch.distributed does."""
    if trainer is None:
        if torch.distributed.is_available() and torch.distributed.is_initialized():
            return Rank(torch.distributed.get_rank(), torch.distributed.get_world_size())
        return Rank()
    return Rank(
        rank=trainer.global_rank,
        world=trainer.world_size,
        local=trainer.num_devices,
        on_gpu=trainer.strategy.root_device.type == "cuda",
        overfits=bool(trainer.overfit_batches),
    )


def build_loader(
    rows: SplitDataset, split: str, config: LoaderConfig, seed: int, rank: Rank, *, training: bool = False
) -> Loader:
    """Batches of one split for one rank.

    In training shuffled and with the transforms of training; otherwise in order and with those of evaluation.

    Raises:
        DataError: fewer rows than processes, or than a batch where a last one that is not full is left out.
    """
    as_trained = training or (rank.overfits and split == "train")  # validation then cuts the same batches
    kept = rows.kept.nonzero().squeeze(1).numpy()
    if len(kept) < rank.world:
        raise DataError(f"split {split!r}: {len(kept)} rows for {rank.world} processes; each needs at least one")
    size = config.batch_size if as_trained else config.eval_batch_size or config.batch_size
    sampler = DistributedBatchSampler(
        kept,
        size,
        shuffle=training and config.shuffle and not rank.overfits,
        drop_last=as_trained and config.drop_last,
        training=training,
        seed=seed,
        rank=rank.rank,
        world=rank.world,
    )
    if len(sampler) == 0:
        raise DataError(
            f"split {split!r}: {len(kept)} rows are fewer than one batch of {size} × {rank.world} processes, and "
            "loader.drop_last leaves it out: no step would be made"
        )
    return Loader(
        rows,
        sampler,
        workers=_workers(rows, config, rank),
        pin_memory=rank.on_gpu if config.pin_memory == "auto" else config.pin_memory,
        timeout_s=config.timeout_s,
        max_error_rate=config.max_error_rate,
    )


def _workers(rows: SplitDataset, config: LoaderConfig, rank: Rank) -> int:
    if config.workers != "auto":
        return int(config.workers)
    if all(inputs.packed is not None for inputs in rows.inputs.values()):
        return 0
    return max(1, usable_cores() // rank.local - 1)
