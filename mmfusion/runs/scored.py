"""Which rows a run was scored on, so that a comparison can tell whether two runs were scored on the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from mmfusion.data.module import MultiModalData
from mmfusion.data.table.targets import label_cells
from mmfusion.runs.digest import digest
from mmfusion.training.callbacks.predictions import KeepPredictions


def scored_rows(data: MultiModalData, kept: KeepPredictions, metrics: Iterable[str], whole_val: bool) -> dict[str, Any]:
    """Split to its `rows`, and `labels`: task to how many of them have a label and a digest of which and what.

    Two digests are equal if the ids and the table's own cells of the labels are, in whatever order and under whatever
    other columns. `test[a+b]` is the test with these modalities alone, as its metrics are named. Without ids in `kept`
    nothing was tested; `whole_val` says whether validation takes all of its rows.
    """
    table = data.table
    assert table is not None
    place = {str(id): index for index, id in enumerate(table.ids)}
    columns = {task: label_cells(table, task, reader) for task, reader in data.labels.items()}

    def record(ids: Sequence[str], labelled: Mapping[str, Tensor], masks: Mapping[str, Tensor]) -> dict[str, Any]:
        rows = {task: [f"{id}\0{_plain(columns[task][place[id]])}" for id in ids] for task in labelled}
        # Sorted once: what is left of it in a subset is in order.
        order = {task: sorted(range(len(ids)), key=own.__getitem__) for task, own in rows.items()}
        splits = {}
        for name, mask_N in masks.items():
            labels = {}
            for task, has_N in labelled.items():
                there = (has_N & mask_N).tolist()
                known = [rows[task][i] for i in order[task] if there[i]]
                labels[task] = [len(known), digest(known)]
            splits[name] = {"rows": int(mask_N.sum()), "labels": labels}
        return splits

    splits: dict[str, Any] = {"train": {"rows": len(table.where("train"))}}
    if whole_val and table.where("val"):
        ids, labelled = data.scored("val")
        splits |= record(ids, labelled, {"val": torch.ones(len(ids), dtype=torch.bool)})
    if kept.ids:
        subsets = dict.fromkeys(name.partition("/")[0] for name in metrics if name.startswith("test["))
        masks = {"test": list(kept.present)} | {name: name[len("test[") : -1].split("+") for name in subsets}
        there = {
            name: torch.stack([kept.present[modality] for modality in some]).any(0) for name, some in masks.items()
        }
        splits |= record(kept.ids, kept.labelled, there)
    return splits


def _plain(cell: Any) -> Any:
    return cell.tolist() if hasattr(cell, "tolist") else cell
