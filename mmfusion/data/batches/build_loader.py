"""The loader of a split."""

from __future__ import annotations

from mmfusion.data.batches.dataset import SplitDataset
from mmfusion.data.batches.loader import Loader
from mmfusion.data.batches.loader_options import LoaderConfig
from mmfusion.data.batches.rank import Rank
from mmfusion.data.batches.sampler import DistributedBatchSampler
from mmfusion.data.errors import DataError
from mmfusion.hardware import usable_cores


def build_loader(
    rows: SplitDataset, split: str, config: LoaderConfig, seed: int, rank: Rank, *, training: bool = False
) -> Loader:
    """Batches of one split for one rank.

    Args:
        rows: of the split.
        split: its name.
        config: how batches are made.
        seed: of the order of rows and of what is random in them.
        rank: of this rank.
        training: shuffled and with the transforms of training; otherwise in order and with those of evaluation.

    Raises:
        DataError: fewer rows than processes, or than a batch where a last one that is not full is left out.
    """
    as_trained = training or (rank.overfits and split == "train")  # validation then cuts the same batches
    kept = rows.kept.nonzero().squeeze(1).numpy()
    size = config.batch_size if as_trained else config.eval_batch_size or config.batch_size
    if len(kept) < rank.world:
        raise DataError(f"split {split!r}: {len(kept)} rows for {rank.world} processes; each needs at least one")
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
