"""Predictions as a table, and tables as files."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl
from torch import Tensor

from mmfusion.config.errors import ConfigError
from mmfusion.store.files import staged
from mmfusion.tasks._base import Task
from mmfusion.tasks._classes import class_names

WRITERS: dict[str, Callable[[pl.DataFrame, Path], object]] = {
    ".parquet": lambda table, place: table.write_parquet(place),
    ".csv": lambda table, place: table.write_csv(place),
    ".tsv": lambda table, place: table.write_csv(place, separator="\t"),
    ".jsonl": lambda table, place: table.write_ndjson(place),
}


def prediction_table(tasks: Mapping[str, Task], ids: Sequence[str], outputs: Mapping[str, Tensor]) -> pl.DataFrame:
    """`id`, and for each task its prediction under the task's name and whatever more its `readable` gives.

    Those of the tasks that come with mmfusion: classification `<task>_p` (probability of the predicted class) and
    `<task>_p_<class>`; binary `<task>_p_<positive class>`; multilabel `<task>_p_<label>`.

    Raises:
        ConfigError: two tasks want the same column.
    """
    columns: dict[str, Any] = {"id": list(ids)}
    for name, task in tasks.items():
        for suffix, values in task.readable(task.predict(outputs[name])).items():
            if f"{name}{suffix}" in columns:
                raise ConfigError(f"task.{name}: its column {name + suffix!r} is another task's too; rename one")
            columns[f"{name}{suffix}"] = values
    return pl.DataFrame(columns)


def truth_table(
    tasks: Mapping[str, Task], targets: Mapping[str, Tensor], labelled: Mapping[str, Tensor]
) -> pl.DataFrame:
    """`<task>_true`: the label, null where there is none."""
    columns: dict[str, list[Any]] = {}
    for name, task in tasks.items():
        values = targets[name].tolist()
        names = class_names(task)
        if names is not None and targets[name].ndim == 1:
            values = [names[int(value)] for value in values]
        columns[f"{name}_true"] = [
            value if has else None for value, has in zip(values, labelled[name].tolist(), strict=True)
        ]
    return pl.DataFrame(columns)


def check_suffix(path: Path) -> None:
    """Raises ConfigError unless `write_table` knows the suffix; ask before the work is done."""
    if path.suffix.lower() not in WRITERS:
        raise ConfigError(f"{path}: expected a name that ends in {', '.join(WRITERS)}")


def write_table(table: pl.DataFrame, path: Path) -> None:
    """Write as the suffix says, replacing in one step.

    Raises:
        OSError: it cannot be written; names the file.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with staged(path) as place:
            WRITERS[path.suffix.lower()](table, place)
    except (OSError, pl.exceptions.PolarsError) as error:  # of a full disk polars makes either
        raise OSError(f"{path} cannot be written: {error}") from error
