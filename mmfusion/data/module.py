"""The one data module: a source's rows to batches of every split."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pytorch_lightning import LightningDataModule
from pytorch_lightning.utilities import rank_zero_only
from torch import Tensor

from mmfusion.data.batches.build_loader import LoaderConfig, Rank, build_loader, current_rank
from mmfusion.data.batches.dataset import SplitDataset
from mmfusion.data.batches.loader import Loader, check_error_rate
from mmfusion.data.checks import check_columns, check_ids, check_splits, check_trained_columns, untested, unvalidated
from mmfusion.data.errors import DataError, Problems
from mmfusion.data.kinds._base import Kind
from mmfusion.data.set_up import check_inputs, choose_cached, fit_training, load, measure_kinds
from mmfusion.data.sources._base import Source
from mmfusion.data.table.cells import Cells
from mmfusion.data.table.number_columns import in_points
from mmfusion.data.table.table import Column, Table
from mmfusion.data.table.targets import label_columns, read_labels
from mmfusion.data.transforms._apply import Changes
from mmfusion.label_reader import LabelReader

log = logging.getLogger(__name__)


class MultiModalData(LightningDataModule):
    """Reads a source, checks it, fits kinds and labels on its training rows alone, and gives batches.

    Give the Trainer `use_distributed_sampler=False`: the batches of each rank are cut here (`DistributedBatchSampler`).

    `transforms` are each modality's lists for `train` and `eval`; `seed` is of everything random in rows and their
    order. Once set up, `table` has all rows; `validates` says whether there are to be validation rows.
    """

    def __init__(
        self,
        source: Source,
        kinds: Mapping[str, Kind],
        transforms: Mapping[str, Mapping[str, Sequence[Changes]]],
        labels: Mapping[str, LabelReader],
        loader: LoaderConfig,
        seed: int,
    ) -> None:
        super().__init__()
        assert kinds, "refused by the check of the config"
        self.source = source
        self.kinds = dict(kinds)
        self.transforms = transforms
        self.labels = dict(labels)
        self.loader = loader
        self.seed = seed
        self.table: Table | None = None
        self.validates = source.validates
        self._fitted = False
        self._splits: dict[str, SplitDataset] = {}

    @property
    def encoder_arguments(self) -> dict[str, dict[str, Any]]:
        """Modality to what its encoder is built with."""
        assert self._fitted, "set up or load the state first"
        return {name: kind.for_encoder() for name, kind in self.kinds.items()}

    def rows(self, split: str) -> SplitDataset | None:
        """All rows of a split that has been set up, not this process's share alone; None if there are none."""
        return self._splits.get(split)

    def targets(self, split: str) -> dict[str, Tensor]:
        """Task to the targets `[N, ...]` of a split's rows that have a label of it."""
        rows = self._splits[split]
        return {task: labels.targets[labels.labelled & rows.kept] for task, labels in rows.labels.items()}

    def scored(self, split: str) -> tuple[list[str], dict[str, Tensor]]:
        """Ids of a split's rows that were not left out, and task to which of them have a label."""
        rows = self._splits[split]
        kept_N = rows.kept
        labelled = {task: labels.labelled[kept_N] for task, labels in rows.labels.items()}
        return rows.ids[kept_N.numpy()].tolist(), labelled

    def setup(self, stage: str | None = None) -> None:
        """Read, check, fit and decode what a stage needs; doing it again costs nothing.

        Args:
            stage: None or fit takes all splits, so that a broken test medium is found before training; validate and
                test take their own split alone once the state is loaded.

        Raises:
            DataError: the rows cannot be used; the first problems with file, row, column and value, and their count.
        """
        if self.table is None:
            table = self.source.read()
            check_columns(table, self.kinds, self.labels)
            check_ids(table)
            self.table = in_points(table, self.kinds, self.labels)
        one = {"validate": "val", "test": "test"}.get(stage or "")
        if not self._fitted:
            check_splits(self.table, self.validates)
        wanted = (one,) if one and self._fitted else ("train", "val", "test")
        tables = {split: self._part(split) for split in wanted if split not in self._splits}
        if one in tables and len(tables[one]) == 0:
            raise DataError(
                f"{self.table.name} has no rows in split {one!r}; of another table than the run's own, "
                "mmfusion eval RUN data.path=FILE --split all takes every row"
            )
        missing = {split: part for split, part in tables.items() if len(part)}
        if missing:
            self._splits |= self._prepare(missing, self.labels)
            self._warn()

    def train_on_validation(self, table: Table) -> None:
        """Take the rows of a table in place of the source's, those for validation as training rows too."""
        check_ids(table)
        splits = ["train" if split == "val" else split for split in table.splits]
        self.table, self.validates = replace(table, splits=splits), False

    def state(self) -> dict[str, Any]:
        """Vocabularies and statistics, as JSON types; the tasks keep their own."""
        return {"kinds": {name: dict(kind.state()) for name, kind in self.kinds.items()}}

    def save_files(self, folder: Path) -> None:
        """Write what is more than a `state` (a tokenizer's files) to `folder`, each modality's to a folder in it."""
        for name, kind in self.kinds.items():
            kind.save_files(folder / name)

    def load_files(self, folder: Path) -> None:
        """Undo of `save_files`."""
        for name, kind in self.kinds.items():
            kind.load_files(folder / name)

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Undo of `state`: nothing is fitted after it. The tasks' own states are loaded by whoever has them."""
        for name, kind in self.kinds.items():
            if name not in state["kinds"]:
                raise DataError(f"the saved state has no modality {name!r}, only {sorted(state['kinds'])}")
            kind.load_state(state["kinds"][name])
        self._fitted = True

    def faulty(self) -> dict[str, dict[str, Any]]:
        """Split to modality to the `rows` whose medium could not be decoded so far, and the `first` of them.

        Only of what is faulty. Where batches are decoded as they are made, these are the rows of this process.
        """
        return {split: media for split, rows in self._splits.items() if (media := rows.unreadable())}

    def train_dataloader(self) -> Loader:
        return self.split_dataloader("train", training=True)

    def val_dataloader(self) -> Loader | list[Loader]:
        """The validation split; the very batches that are trained on where a few are to be learned by heart."""
        if current_rank(self.trainer).overfits:
            return self.split_dataloader("train")
        return self.split_dataloader("val") if self.validates else []

    def test_dataloader(self) -> Loader:
        return self.split_dataloader("test")

    def predict_loader(self, table: Table) -> Loader:
        """Batches of new rows in their order, without labels; a modality whose column is missing is absent.

        Raises:
            DataError: a row has none of the modalities, or the table none of their columns.
        """
        assert self._fitted, "set up or load the state first"
        check_ids(table)
        needed = {column for name, kind in self.kinds.items() for column in kind.columns or [name]}
        check_trained_columns(table, needed)
        table = in_points(table, self.kinds, {})
        empty: Column = [None] * len(table)
        part = replace(table, columns={name: table.columns.get(name, empty) for name in needed})
        for name, kind in self.kinds.items():
            cells = Cells([part.columns[column] for column in kind.columns or [name]])
            if new := kind.unseen(cells):
                log.warning("%s: never seen in training, so taken as unknown by %s: %s", table.name, name, new)
            if far := kind.far(cells):
                log.warning("%s: nowhere near the training rows, so is it the same unit? %s: %s", table.name, name, far)
        rows = self._prepare({"predict": part}, {})["predict"]
        return build_loader(rows, "predict", self.loader, self.seed, Rank())

    def _part(self, split: str) -> Table:
        """A split's rows, with the columns in use."""
        assert self.table is not None
        names = [column for name, kind in self.kinds.items() for column in kind.columns or [name]]
        names += [column for task, reader in self.labels.items() for column in label_columns(task, reader)]
        used = replace(self.table, columns={name: self.table.column(name) for name in names})
        return used.take(self.table.where(split))

    def _prepare(self, tables: Mapping[str, Table], labels: Mapping[str, LabelReader]) -> dict[str, SplitDataset]:
        config = self.loader
        # A row that is to be predicted is never left out.
        policy = "raise" if "predict" in tables and config.on_error == "skip" else config.on_error
        splits = {
            name: SplitDataset(table, self.kinds, self.transforms, self.seed, policy) for name, table in tables.items()
        }
        check_inputs(splits, skip_bare=config.rows_without_modality == "skip" and "predict" not in splits)
        if not self._fitted:
            fit_training(tables["train"], self.kinds, labels)
        problems = Problems(next(iter(tables.values())).name)
        for rows in splits.values():
            rows.labels = read_labels(rows.table, labels, problems)
        problems.raise_if_any()
        load(splits, choose_cached(splits.values(), config.cache, config.cache_limit_gb))
        for rows in splits.values():
            check_error_rate(rows, config.max_error_rate)
        if not self._fitted:
            measure_kinds(splits["train"].inputs)
            self._fitted = True
        return splits

    def split_dataloader(self, split: str, training: bool = False) -> Loader:
        """Rows of any split: in their order and with the transforms of evaluation, unless in `training`."""
        if split not in self._splits:
            self.setup({"val": "validate"}.get(split, split))
        if split not in self._splits:
            raise DataError(f"there are no rows in split {split!r}")
        rank = current_rank(self.trainer)
        return build_loader(self._splits[split], split, self.loader, self.seed, rank, training=training)

    @rank_zero_only
    def _warn(self) -> None:
        name = self.table.name if self.table is not None else "the data"
        if "train" in self._splits and not self.source.validates:
            log.warning(unvalidated(name))
        if "train" in self._splits and "test" not in self._splits:
            log.warning(untested(name))
        for split, rows in self._splits.items():
            if count := int((~rows.kept).sum()):
                log.warning("%s: %d of the rows in split %s are left out", self.source.__class__.__name__, count, split)
        for split, media in self.faulty().items():
            for name, lost in media.items():
                log.warning("%s in split %s: %d rows unreadable: %s", name, split, lost["rows"], lost["first"][0])
