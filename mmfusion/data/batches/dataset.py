"""The rows of one split; the sampler's indices take a batch of them."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset, get_worker_info

from mmfusion.batch import Batch, Input
from mmfusion.data.batches.modality import ModalityRows
from mmfusion.data.batches.packed import Packed
from mmfusion.data.batches.sampler import BatchIndices
from mmfusion.data.batches.seeds import mix
from mmfusion.data.errors import SHOWN, DecodeError, Problems, shorten, str_of
from mmfusion.data.kinds._base import Kind
from mmfusion.data.table.table import Table
from mmfusion.data.table.targets import Labels
from mmfusion.data.transforms._apply import Changes, apply, zeroed

OnError = Literal["raise", "skip", "absent"]

MOST_WORKERS = 256


class SplitDataset(Dataset[Batch]):
    """`N` rows of one split; `rows[indices]` is a batch. Safe to use from loader processes.

    `seed` is of random windows and transforms: together with a row's number (and in training the epoch) it gives what
    that row gets, whatever its batch, process or rank. `on_error` says what a row becomes whose medium cannot be
    decoded: an error, left out, or without the modality.
    """

    def __init__(
        self,
        table: Table,
        kinds: Mapping[str, Kind],
        transforms: Mapping[str, Mapping[str, Sequence[Changes]]],
        seed: int,
        on_error: OnError = "raise",
    ) -> None:
        self.table = table
        self.inputs = {name: ModalityRows(name, kind, table) for name, kind in kinds.items()}
        self.transforms = transforms
        self.seed = seed
        self.on_error = on_error
        self.labels: dict[str, Labels] = {}
        self.ids = np.array([str(id) for id in table.ids], dtype=object)
        self.numbers = np.asarray(table.rows, dtype=np.int64)
        self.kept = torch.ones(len(table), dtype=torch.bool)  # False for rows that are left out from the start
        # Where a medium could not be decoded so far, shared between processes; and why, as far as this one knows.
        self.faulty = {name: torch.zeros(len(table), dtype=torch.bool).share_memory_() for name in kinds}
        self.reasons: dict[str, dict[int, str]] = {name: {} for name in kinds}
        # Each loader process's id and the step it is at; shared, for a post-mortem.
        self.making = torch.full((MOST_WORKERS, 2), -1).share_memory_()

    def __len__(self) -> int:
        return len(self.ids)

    def present(self) -> dict[str, Tensor]:
        """Modality to Bool `[N]`."""
        return {name: inputs.present for name, inputs in self.inputs.items()}

    def load(self, name: str) -> None:
        """Decode all media of one modality, and mark the rows whose medium is broken as `on_error` says.

        Raises:
            DecodeError: a medium cannot be decoded and `on_error` is raise.
        """
        inputs = self.inputs[name]
        # A file may take long, so the first that is broken ends it; cells of the table itself are all looked at.
        broken = inputs.load(stop=self.on_error == "raise" and inputs.kind.reads_files)
        if not broken:
            return
        rows = torch.isin(inputs.places, torch.tensor(list(broken))).nonzero().squeeze(1)
        for row in rows.tolist():
            self._mark(name, row, broken[int(inputs.places[row])])
        if self.on_error == "raise":
            count = 1 if inputs.kind.reads_files else len(rows)
            raise DecodeError(str_of([self.describe(name, row) for row in rows[:SHOWN].tolist()][:count], count))
        inputs.places[rows] = -1
        if self.on_error == "skip":
            self.kept[rows] = False

    def __getitem__(self, indices: BatchIndices) -> Batch:
        worker = get_worker_info()
        if worker is not None and worker.id < MOST_WORKERS:
            self.making[worker.id] = torch.tensor([os.getpid(), indices.step])
        rows_B = torch.from_numpy(indices.rows)
        fetched: dict[str, tuple[Packed, Tensor]] = {}
        keep_B = torch.ones(len(rows_B), dtype=torch.bool)
        for name, inputs in self.inputs.items():
            packed, places_B, failed = inputs.fetch(inputs.places[rows_B])
            for position, why in failed.items():
                row = int(rows_B[position])
                self._mark(name, row, why)
                if self.on_error == "raise":
                    raise DecodeError(self.describe(name, row))
                places_B[position] = -1
                keep_B[position] = self.on_error == "absent"
            fetched[name] = (packed, places_B)
        present = {name: places_B >= 0 for name, (_, places_B) in fetched.items()}
        keep_B &= torch.stack(list(present.values())).any(0)
        if not bool(keep_B.all()):
            rows_B = rows_B[keep_B]
            fetched = {name: (packed, places_B[keep_B]) for name, (packed, places_B) in fetched.items()}
            present = {name: present_B[keep_B] for name, present_B in present.items()}
            if len(rows_B) == 0:
                raise DecodeError(f"{self.table.name}: all {len(indices.rows)} rows of a batch lost their media")
        return Batch(
            inputs={name: self._input(name, *fetched[name], present[name], rows_B, indices.epoch) for name in fetched},
            present=present,
            targets={task: labels.targets[rows_B] for task, labels in self.labels.items()},
            labelled={task: labels.labelled[rows_B] for task, labels in self.labels.items()},
            ids=self.ids[rows_B.numpy()].tolist(),
        )

    def _input(
        self, name: str, packed: Packed, places_B: Tensor, present_B: Tensor, rows_B: Tensor, epoch: int | None
    ) -> Input:
        kind = self.inputs[name].kind
        stage = "eval" if epoch is None else "train"
        transforms = self.transforms.get(name, {}).get(stage, ())
        seeds: list[int] = []
        if transforms or kind.window.crop == "random":
            parts = (self.seed, name) if epoch is None else (self.seed, name, "train", epoch)
            seeds = [mix(*parts, number) for number in self.numbers[rows_B.numpy()].tolist()]
        draws_B = None if epoch is None else torch.tensor(seeds, dtype=torch.float64) / 2**63
        stored = packed.gather(places_B, kind.window, draws_B)
        if not transforms:
            x = kind.finish(stored)
            return x if kind.ragged and kind.keeps_zeros else zeroed(x, present_B)
        key = f"data.modalities.{name}.transforms.{stage}"
        if isinstance(stored, Tensor) and kind.largest is not None:
            changed = apply(transforms, stored.float() / kind.largest, present_B, seeds, key)
            assert isinstance(changed, Tensor)
            return zeroed(kind.finish(changed * kind.largest), present_B)
        return zeroed(apply(transforms, kind.finish(stored), present_B, seeds, key), present_B)

    def describe(self, name: str, row: int) -> str:
        """Where a row's cell stands, and why it could not be decoded; what it holds if another process knows why."""
        inputs = self.inputs[name]
        where = Problems(self.table.name).where(int(self.numbers[row]), ", ".join(inputs.columns))
        why = self.reasons[name].get(row)
        if why is None and inputs.places[row] >= 0:
            why = shorten(inputs.cells[int(inputs.places[row])])
        return f"{where}, id {self.ids[row]}" + ("" if why is None else f": {why}")

    def unreadable(self) -> dict[str, dict[str, Any]]:
        """Modality to the `rows` whose medium could not be decoded, and the `first` of them; only of what is faulty."""
        return {
            name: {
                "rows": int(faulty.sum()),
                "first": [self.describe(name, row) for row in faulty.nonzero()[:SHOWN, 0].tolist()],
            }
            for name, faulty in self.faulty.items()
            if bool(faulty.any())
        }

    def _mark(self, name: str, row: int, why: str) -> None:
        self.faulty[name][row] = True
        self.reasons[name][row] = why
