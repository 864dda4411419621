"""Whole numbers that float64 cannot tell apart."""

from __future__ import annotations

from collections.abc import Mapping

from mmfusion.data.kinds._base import Kind
from mmfusion.data.kinds.tabular import Tabular
from mmfusion.data.table.table import Table
from mmfusion.data.table.targets import label_columns
from mmfusion.data.table.whole_numbers import rounded
from mmfusion.tasks._base import Task


def rounded_numbers(table: Table, kinds: Mapping[str, Kind], tasks: Mapping[str, Task]) -> list[str]:
    """A sentence for each numeric input and each target of a regression that holds some."""
    read = {f"{name}, column {c!r}": c for name, k in kinds.items() if isinstance(k, Tabular) for c in k.scales}
    regressions = {name: task for name, task in tasks.items() if task.is_regression}
    read |= {f"task {name}, column {c!r}": c for name, task in regressions.items() for c in label_columns(name, task)}
    return [f"{where}: {why}" for where, c in read.items() if (why := rounded(table.column(c))) is not None]
