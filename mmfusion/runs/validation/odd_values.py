"""Values that are probably not meant as they are written: spellings of one level, of an empty cell, rounded numbers."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain

from mmfusion.data.kinds._base import Kind
from mmfusion.data.kinds.tabular import Tabular, level_name
from mmfusion.data.table.cells import factorise
from mmfusion.data.table.empty import NotEmpty, looks_missing
from mmfusion.data.table.table import Table
from mmfusion.data.table.targets import label_columns
from mmfusion.data.table.whole_numbers import rounded
from mmfusion.runs.inspect.columns.similar_names import similar_message
from mmfusion.tasks._base import Task

Classes = Mapping[str, Mapping[str, Mapping[str, int]]]


def similar_levels(table: Table, kinds: Mapping[str, Kind]) -> list[str]:
    """A message for each categorical column with levels, of whatever split, that look alike."""
    messages = []
    for name, kind in kinds.items():
        for column in kind.levels if isinstance(kind, Tabular) else ():
            alike = similar_message(map(level_name, factorise(table.column(column))[0]), "levels")
            messages += [f"{name}: column {column}: {alike}"] if alike is not None else []
    return messages


def rounded_numbers(table: Table, kinds: Mapping[str, Kind], tasks: Mapping[str, Task]) -> list[str]:
    """A sentence for each numeric input and each target of a regression with numbers that float64 cannot tell apart."""
    read = {f"{name}, column {c!r}": c for name, k in kinds.items() if isinstance(k, Tabular) for c in k.scales}
    regressions = {name: task for name, task in tasks.items() if task.is_regression}
    read |= {f"task {name}, column {c!r}": c for name, task in regressions.items() for c in label_columns(name, task)}
    return [f"{where}: {why}" for where, c in read.items() if (why := rounded(table.column(c))) is not None]


def missing_spellings(kinds: Mapping[str, Kind], classes: Classes, not_empty: NotEmpty | None = None) -> list[str]:
    """A sentence for each task and each column of categories that has a value like `N/A`, `none` or `?`."""
    kept = {value for values in (not_empty or {}).values() for value in values}
    columns = {f"task {task}": dict.fromkeys(chain(*of.values())) for task, of in classes.items()}
    for name, kind in kinds.items():
        if isinstance(kind, Tabular):
            columns |= {f"{name}, column {column!r}": dict.fromkeys(levels) for column, levels in kind.levels.items()}
    messages = []
    for where, values in columns.items():
        odd = [value for value in values if looks_missing(value)]
        if odd:
            what = "a class" if where.startswith("task ") else "a level"
            advice = "take it out of data.not_empty" if kept & set(odd) else "add it to data.empty"
            hint = f"looks like an empty cell; if it means one, {advice}"
            messages.append(f"{where}: {', '.join(map(repr, odd))} is {what} and {hint}")
    return messages
