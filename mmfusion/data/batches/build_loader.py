"""The loader that a split, the config and the process ask for."""

from __future__ import annotations

from mmfusion.data.batches.dataset import SplitDataset
from mmfusion.data.batches.loader import Loader
from mmfusion.data.batches.loader_options import LoaderConfig
from mmfusion.data.batches.rank import Process
from mmfusion.data.batches.sampler import DistributedBatchSampler
from mmfusion.data.errors import DataError
from mmfusion.hardware import usable_cores


def make_loader(
    rows: SplitDataset, split: str, config: LoaderConfig, seed: int, process: Process, *, training: bool = False
) -> Loader:
    """Batches of one split for one process.

    Args:
        rows: of the split.
        split: its name.
        config: how batches are made.
        seed: of the order of rows and of what is random in them.
        process: this one.
        training: shuffled and with the transforms of training; otherwise in order and with those of evaluation.

    Raises:
        DataError: fewer rows than processes, or than a batch where a last one that is not full is left out.
    """
    as_trained = training or (process.overfits and split == "train")  # validation then cuts the same batches
    kept = rows.kept.nonzero().squeeze(1).numpy()
    size = config.batch_size if as_trained else config.eval_batch_size or config.batch_size
    if len(kept) < process.world:
        raise DataError(f"split {split!r}: {len(kept)} rows for {process.world} processes; each needs at least one")
    sampler = DistributedBatchSampler(
        kept,
        size,
        shuffle=training and config.shuffle and not process.overfits,
        drop_last=as_trained and config.drop_last,
        training=training,
        seed=seed,
        rank=process.rank,
        world=process.world,
    )
    if len(sampler) == 0:
        raise DataError(
            f"split {split!r}: {len(kept)} rows are fewer than one batch of {size} × {process.world} processes, and "
            "loader.drop_last leaves it out: no step would be made"
        )
    return Loader(
        rows,
        sampler,
        workers=_workers(rows, config, process),
        pin_memory=process.on_gpu if config.pin_memory == "auto" else config.pin_memory,
        timeout_s=config.timeout_s,
        max_error_rate=config.max_error_rate,
    )


def _workers(rows: SplitDataset, config: LoaderConfig, process: Process) -> int:
    if config.workers != "auto":
        return int(config.workers)
    if all(inputs.packed is not None for inputs in rows.inputs.values()):
        return 0
    return max(1, usable_cores() // process.here - 1)
