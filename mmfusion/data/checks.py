"""What is checked of a table before anything is trained on it; what is refused is a `DataError`."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from pathlib import Path

import numpy as np
import polars as pl
import torch
from torch import Tensor

from mmfusion.config.errors import nearest, suggest
from mmfusion.data.batches.modality import ModalityRows
from mmfusion.data.decode.paths import PathError, resolve_path
from mmfusion.data.errors import SHOWN, DataError, Problems, str_of
from mmfusion.data.kinds._base import Kind
from mmfusion.data.table.table import SPLITS, Table
from mmfusion.data.table.targets import label_columns
from mmfusion.label_reader import LabelReader

log = logging.getLogger(__name__)


def check_columns(table: Table, kinds: Mapping[str, Kind], labels: Mapping[str, LabelReader]) -> None:
    """Refuse modalities and tasks whose column the table lacks, before anything of it is read or fitted."""
    wanted = [(f"data.modalities.{name}", column) for name, kind in kinds.items() for column in kind.columns or [name]]
    for name, reader in labels.items():
        option = f"task.{name}.{'columns' if reader.columns else 'column'}"
        wanted += [(option, column) for column in label_columns(name, reader)]
    lacking = [(option, column) for option, column in wanted if column not in table.columns]
    if lacking:
        first = [f"{option}: {table.name} has no column {c!r}; {suggest(c, table.columns)}" for option, c in lacking]
        raise DataError(str_of(first[:SHOWN], len(first)))


def check_ids(table: Table) -> None:
    """Refuse ids that occur twice and splits of unknown names."""
    problems = Problems(table.name)
    ids = pl.Series(list(map(str, table.ids)), dtype=pl.String)
    for i in (~ids.is_first_distinct()).arg_true():
        problems.add(int(table.rows[i]), None, ids[i], "an id that an earlier row has too; ids must be unique")
    splits = np.asarray(table.splits, dtype=object)
    for i in np.flatnonzero(~np.isin(splits, SPLITS)).tolist():
        problems.add(int(table.rows[i]), None, splits[i], f"a split must be one of {', '.join(SPLITS)}")
    problems.raise_if_any()


def check_paths(inputs: ModalityRows, table: Table, problems: Problems) -> None:
    """Note every cell that names a place outside the media root or can be no path; nothing is opened."""
    if not inputs.kind.reads_files or table.root is None:
        return
    wrong: dict[int, str] = {}
    for place in range(len(inputs.cells)):
        cell = inputs.cells[place]
        if isinstance(cell, str):
            try:
                resolve_path(table.root, cell)
            except PathError as error:
                wrong[place] = f"{error.why}; paths must lie under the media root"
        elif not isinstance(cell, Path | np.ndarray | Tensor | list):
            wrong[place] = f"expected a path relative to the media root, found {type(cell).__name__}"
    if wrong:
        for i in torch.isin(inputs.places, torch.tensor(list(wrong))).nonzero().squeeze(1).tolist():
            place = int(inputs.places[i])
            problems.add(int(table.rows[i]), ", ".join(inputs.columns), inputs.cells[place], wrong[place])


def check_present(table: Table, present: Mapping[str, Tensor], problems: Problems) -> None:
    """Note every row that has none of the modalities."""
    others = (
        ""  # a row that is to be predicted is never left out, and the run's modalities are what they are
        if "predict" in table.splits
        else ", use more of the table's modalities, or leave such rows out with data.loader.rows_without_modality=skip"
    )
    for i in (~torch.stack(list(present.values())).any(0)).nonzero().squeeze(1).tolist():
        problems.add(
            int(table.rows[i]),
            None,
            str(table.ids[i]),
            f"this row has none of the modalities in use ({', '.join(present)}); fill one{others}",
        )


def check_splits(table: Table, validates: bool = True) -> None:
    """Refuse a table without training rows, or without validation rows where there are to be some."""
    names, counts = np.unique(np.asarray(table.splits, dtype=str), return_counts=True)
    per_split = ", ".join(f"{name} {count}" for name, count in zip(names, counts, strict=True)) or "no rows at all"
    for split, use, advice in (
        ("train", "learn from", ""),
        ("val", "choose the best checkpoint on", " (to train on a table without any, set data.split.val=null)"),
    ):
        if split not in names and (split == "train" or validates):
            raise DataError(
                f"{table.name} has no rows in split {split!r} to {use}; rows per split: {per_split}{advice}"
            )


def unvalidated(name: str) -> str:
    """What to say of a table that is trained on without validation rows."""
    return (
        f"{name} has no rows in split 'val', as data.split says: training takes all of trainer.max_epochs, and the "
        "last checkpoint is the one that is tested"
    )


def untested(name: str) -> str:
    """What to say of a table without test rows."""
    return (
        f"{name} has no rows in split 'test': nothing will be tested. For a test give it rows; of a table, by "
        "data.split.test=<value in the split's column>, or with data.split.test=null by "
        "data.split.from_train={test: 0.1}"
    )


def check_trained_columns(table: Table, trained: Collection[str]) -> None:
    """Say which of the columns that were trained on new rows lack; refuse rows that lack all.

    Raises:
        DataError: they lack all; names the likeliest of theirs, or what else may be wrong.
    """
    lacking = sorted(set(trained) - set(table.columns))
    others = sorted(set(table.columns) - set(trained))
    near = {name: other for name in lacking if (other := nearest(name, others)) is not None}
    advice = "".join(f"; write {name!r} in its header if {other!r} is that column" for name, other in near.items())
    if len(lacking) == len(trained):
        if len(others) == 1 and len(near) != 1:  # one column cannot be two
            advice = "; if a sign separates several columns in it, set data.delimiter=SIGN"
        advice = advice or "; if its first line is a row, write the columns' names above it"
        raise DataError(f"{table.name} has none of the columns {lacking}; it has {others}{advice}")
    if lacking:
        columns = ", ".join(lacking)
        what = "taken as empty (a modality of which no column is there is absent)"
        log.warning("%s has no column %s: %s%s", table.name, columns, what, advice)
