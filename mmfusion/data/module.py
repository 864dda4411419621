"""The one data module: a source's rows to batches of every split."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import torch
import torch.distributed
from pytorch_lightning import LightningDataModule

from mmfusion.data.checks import check_ids, check_splits
from mmfusion.data.errors import DataError
from mmfusion.data.kinds._base import Kind
from mmfusion.data.loader import Loader, check_error_rate
from mmfusion.data.plans import Plans
from mmfusion.data.prepare import check_inputs, check_labels, choose_cached, describe, fit_training, load, measure
from mmfusion.data.reading import cores
from mmfusion.data.rows import OnError, Rows
from mmfusion.data.source import Source
from mmfusion.data.table import Column, Table
from mmfusion.data.targets import LabelReader
from mmfusion.data.transforms._base import Transform

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class LoaderConfig:
    """How batches are made.

    Attributes:
        batch_size: rows a batch and process.
        eval_batch_size: the same for validation, test and prediction; None is `batch_size`.
        workers: processes that decode ahead; auto is none if everything is cached, else one less than the cores.
        cache: auto keeps decoded media in memory up to the limit, memory always, none never.
        cache_limit_gb: for auto, a process; the largest modalities stay out.
        shuffle: a new order of the training rows each epoch.
        drop_last: leave a last training batch out that is not full.
        pin_memory: page-locked batches; auto if there is a GPU.
        on_error: what becomes of a row whose medium cannot be decoded: raise, skip (left out) or absent.
        max_error_rate: share of a split's rows that `skip` and `absent` may touch.
        rows_without_modality: rows that have only modalities which are not in use: refuse or skip.
        timeout_s: seconds to wait for a batch from a worker process; 0 waits for ever.
    """

    batch_size: int = 64
    eval_batch_size: int | None = None
    workers: int | Literal["auto"] = "auto"
    cache: Literal["auto", "memory", "none"] = "auto"
    cache_limit_gb: float = 2.0
    shuffle: bool = True
    drop_last: bool = False
    pin_memory: bool | Literal["auto"] = "auto"
    on_error: OnError = "raise"
    max_error_rate: float = 0.01
    rows_without_modality: Literal["refuse", "skip"] = "refuse"
    timeout_s: float = 600.0

    def __post_init__(self) -> None:
        for name, allowed in _CHOICES.items():
            if getattr(self, name) not in allowed:
                raise ValueError(f"loader.{name}: expected {' or '.join(allowed)}, found {getattr(self, name)!r}")
        for name, least in (("batch_size", 1), ("eval_batch_size", 1), ("workers", 0), ("cache_limit_gb", 0)):
            value = getattr(self, name)
            if value is not None and value != "auto" and not (not isinstance(value, str) and value >= least):
                raise ValueError(f"loader.{name}: expected at least {least}, found {value!r}")
        if not 0 <= self.max_error_rate <= 1 or self.timeout_s < 0:
            raise ValueError(
                f"loader: expected max_error_rate in 0…1 and timeout_s from 0, found {self.max_error_rate} and "
                f"{self.timeout_s}"
            )


_CHOICES = {
    "cache": ("auto", "memory", "none"),
    "on_error": ("raise", "skip", "absent"),
    "rows_without_modality": ("refuse", "skip"),
}


class MultiModalData(LightningDataModule):
    """Reads a source, checks it, fits kinds and labels on its training rows alone, and gives batches.

    Give the Trainer `use_distributed_sampler=False`: the batches of each rank are planned here (see `Plans`).

    Args:
        source: where rows come from.
        kinds: modality to kind; only these modalities are read.
        transforms: modality to its lists for `train` and `eval`.
        labels: task to what reads its column.
        loader: how batches are made.
        seed: of the order of rows and of everything random in them.

    Attributes:
        table: all rows, once set up.
        report: what `setup` found, as JSON types: rows, absent and unlabelled shares and rows left out, per split.
    """

    def __init__(
        self,
        source: Source,
        kinds: Mapping[str, Kind],
        transforms: Mapping[str, Mapping[str, Sequence[Transform]]],
        labels: Mapping[str, LabelReader],
        loader: LoaderConfig,
        seed: int,
    ) -> None:
        super().__init__()
        if not kinds:
            raise DataError("no modality is in use: expected at least one encoder")
        self.source = source
        self.kinds = dict(kinds)
        self.transforms = transforms
        self.labels = dict(labels)
        self.loader = loader
        self.seed = seed
        self.table: Table | None = None
        self.report: dict[str, Any] = {}
        self._fitted = False
        self._splits: dict[str, Rows] = {}
        self._cached: list[str] = []

    @property
    def encoder_arguments(self) -> dict[str, dict[str, Any]]:
        """Modality to what its encoder must be told."""
        assert self._fitted, "set up or load the state first"
        return {name: kind.encoder_arguments() for name, kind in self.kinds.items()}

    @property
    def class_counts(self) -> dict[str, dict[str, dict[str, int]]]:
        """Task to split to label to rows; no regressions."""
        return {
            task: {split: rows.labels[task].counts for split, rows in self._splits.items()}
            for task, reader in self.labels.items()
            if not getattr(reader, "is_regression", False)
        }

    def setup(self, stage: str | None = None) -> None:
        """Read, check, fit and decode what a stage needs; doing it again costs nothing.

        Args:
            stage: None or fit takes all splits, so that a broken test medium is found before training; validate and
                test take their own split alone once the state is loaded.

        Raises:
            DataError: the rows cannot be used; the first problems with file, row, column and value, and their count.
        """
        if self.table is None:
            self.table = self.source.read()
            check_ids(self.table)
        one = {"validate": "val", "test": "test"}.get(stage or "")
        if not self._fitted:
            check_splits(self.table)
        wanted = (one,) if one and self._fitted else ("train", "val", "test")
        tables = {split: self._part(split) for split in wanted if split not in self._splits}
        if one in tables and len(tables[one]) == 0:
            raise DataError(f"{self.table.name} has no rows in split {one!r}")
        missing = {split: part for split, part in tables.items() if len(part)}
        if missing:
            self._splits |= self._prepare(missing, self.labels)
            self.report = describe(self._splits, self._cached)
            self._tell()

    def state(self) -> dict[str, Any]:
        """Vocabularies and statistics, as JSON types; the tasks keep their own."""
        return {"kinds": {name: dict(kind.state()) for name, kind in self.kinds.items()}}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Undo of `state`: nothing is fitted after it. The tasks' own states are loaded by whoever has them."""
        for name, kind in self.kinds.items():
            if name not in state["kinds"]:
                raise DataError(f"the saved state has no modality {name!r}, only {sorted(state['kinds'])}")
            kind.load_state(state["kinds"][name])
        self._fitted = True

    def train_dataloader(self) -> Loader:
        return self._loader("train", training=True)

    def val_dataloader(self) -> Loader:
        return self._loader("val")

    def test_dataloader(self) -> Loader:
        return self._loader("test")

    def eval_dataloader(self, split: str) -> Loader:
        """Rows of any split in their order and with the transforms of evaluation."""
        return self._loader(split)

    def predict_loader(self, table: Table) -> Loader:
        """Batches of new rows in their order, without labels; a modality whose column is missing is absent.

        Raises:
            DataError: a row has none of the modalities, or the table none of their columns.
        """
        assert self._fitted, "set up or load the state first"
        check_ids(table)
        needed = {column for name, kind in self.kinds.items() for column in kind.columns or [name]}
        unknown = sorted(needed - set(table.columns))
        if len(unknown) == len(needed):
            raise DataError(f"{table.name} has none of the columns {unknown}; it has {sorted(table.columns)}")
        if unknown:
            log.warning("%s has no column %s: these modalities are taken as absent", table.name, ", ".join(unknown))
        empty: Column = [None] * len(table)
        part = replace(table, columns={name: table.columns.get(name, empty) for name in needed})
        rows = self._prepare({"predict": part}, {})["predict"]
        return self._make_loader(rows, "predict", 0, 1)

    def transfer_batch_to_device(self, batch: Any, device: torch.device, dataloader_idx: int) -> Any:
        return batch.to(device, non_blocking=device.type == "cuda")

    def _part(self, split: str) -> Table:
        """A split's rows, with the columns in use."""
        assert self.table is not None
        names = [column for name, kind in self.kinds.items() for column in kind.columns or [name]]
        names += [reader.column or task for task, reader in self.labels.items()]
        used = replace(self.table, columns={name: self.table.column(name) for name in names})
        return used.take(self.table.where(split))

    def _prepare(self, tables: Mapping[str, Table], labels: Mapping[str, LabelReader]) -> dict[str, Rows]:
        config = self.loader
        # A row that is to be predicted is never left out.
        policy = "raise" if "predict" in tables and config.on_error == "skip" else config.on_error
        splits = {name: Rows(table, self.kinds, self.transforms, self.seed, policy) for name, table in tables.items()}
        check_inputs(splits, skip_bare=config.rows_without_modality == "skip" and "predict" not in splits)
        if not self._fitted:
            fit_training(tables["train"], self.kinds, labels)
        check_labels(splits, labels)
        self._cached = choose_cached(splits.values(), config.cache, config.cache_limit_gb)
        load(splits, self._cached)
        for rows in splits.values():
            check_error_rate(rows, config.max_error_rate)
        if not self._fitted:
            measure(splits["train"].inputs)
            self._fitted = True
        return splits

    def _loader(self, split: str, training: bool = False) -> Loader:
        if split not in self._splits:
            self.setup({"val": "validate"}.get(split, split))
        if split not in self._splits:
            raise DataError(f"there are no rows in split {split!r}")
        return self._make_loader(self._splits[split], split, *self._ranks(), training)

    def _make_loader(self, rows: Rows, split: str, rank: int, world: int, training: bool = False) -> Loader:
        config = self.loader
        overfit = self.trainer is not None and bool(getattr(self.trainer, "overfit_batches", 0))
        kept = rows.kept.nonzero().squeeze(1).numpy()
        size = config.batch_size if training else config.eval_batch_size or config.batch_size
        if len(kept) < world:
            raise DataError(f"split {split!r}: {len(kept)} rows for {world} processes; each needs at least one")
        plans = Plans(
            kept,
            size,
            shuffle=training and config.shuffle and not overfit,
            drop_last=training and config.drop_last,
            training=training,
            seed=self.seed,
            rank=rank,
            world=world,
        )
        if len(plans) == 0:
            raise DataError(
                f"split {split!r}: {len(kept)} rows are fewer than one batch of {size} × {world} processes, and "
                "loader.drop_last leaves it out: no step would be made"
            )
        return Loader(
            rows,
            plans,
            workers=self._workers(rows),
            pin_memory=torch.cuda.is_available() if config.pin_memory == "auto" else config.pin_memory,
            timeout_s=config.timeout_s,
            max_error_rate=config.max_error_rate,
        )

    def _workers(self, rows: Rows) -> int:
        if self.loader.workers != "auto":
            return int(self.loader.workers)
        if all(inputs.packed is not None for inputs in rows.inputs.values()):
            return 0
        here = getattr(self.trainer, "num_devices", 1) if self.trainer is not None else 1
        return max(1, cores() // here - 1)

    def _ranks(self) -> tuple[int, int]:
        if self.trainer is not None:
            return self.trainer.global_rank, self.trainer.world_size
        if torch.distributed.is_available() and torch.distributed.is_initialized():
            return torch.distributed.get_rank(), torch.distributed.get_world_size()
        return 0, 1

    def _tell(self) -> None:
        for split, count in self.report["left_out"].items():
            if count:
                log.warning("%s: %d of the rows in split %s are left out", self.source.__class__.__name__, count, split)
        for split, found in self.report["unreadable"].items():
            for name, what in found.items():
                log.warning("%s in split %s: %d rows unreadable: %s", name, split, what["rows"], what["first"][0])
