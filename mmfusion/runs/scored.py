"""Which rows a run was scored on, so that a comparison can tell whether two runs were scored on the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from mmfusion.data.module import MultiModalData
from mmfusion.data.table import Table
from mmfusion.runs.digest import digest
from mmfusion.training.callbacks.predictions import KeepPredictions

Masks = Mapping[str, Tensor]


def scored_rows(data: MultiModalData, kept: KeepPredictions, metrics: Iterable[str], whole_val: bool) -> dict[str, Any]:
    """Split to its `rows`, and `labels`: task to how many of them have a label and a digest of which and what.

    Two digests are equal if the ids and the table's own cells of the labels are, in whatever order and under whatever
    other columns. `test[a+b]` is the test with these modalities alone, as its metrics are named.

    Args:
        data: set up.
        kept: what was tested; without ids nothing was.
        metrics: names of the test's metrics.
        whole_val: whether validation takes all of its rows.
    """
    assert data.table is not None
    columns = {task: reader.column or task for task, reader in data.labels.items()}
    found: dict[str, Any] = {"train": {"rows": len(data.table.where("train"))}}
    if whole_val and data.table.where("val"):
        ids, labelled = data.scored("val")
        found["val"] = _record(data.table, columns, ids, labelled)
    if not kept.ids:
        return found
    for name in dict.fromkeys(["test", *(name.partition("/")[0] for name in metrics if name.startswith("test["))]):
        modalities = name[len("test[") : -1].split("+") if "[" in name else list(kept.present)
        there_N = torch.stack([kept.present[each] for each in modalities]).any(0)
        ids = [id for id, there in zip(kept.ids, there_N.tolist(), strict=True) if there]
        labelled = {task: has_N[there_N] for task, has_N in kept.labelled.items()}
        found[name] = _record(data.table, columns, ids, labelled)
    return found


def _record(table: Table, columns: Mapping[str, str], ids: Sequence[str], labelled: Masks) -> dict[str, Any]:
    place = {str(id): index for index, id in enumerate(table.ids)}
    labels = {}
    for task, has_N in labelled.items():
        cells = table.column(columns[task])
        known = [id for id, has in zip(ids, has_N.tolist(), strict=True) if has]
        labels[task] = [len(known), digest(f"{id}\0{_plain(cells[place[id]])}" for id in known)]
    return {"rows": len(ids), "labels": labels}


def _plain(cell: Any) -> Any:
    return cell.tolist() if hasattr(cell, "tolist") else cell
