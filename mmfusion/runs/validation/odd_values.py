"""Levels of tabular categories that look like spellings of one."""

from __future__ import annotations

from collections.abc import Mapping

from mmfusion.data.kinds._base import Kind
from mmfusion.data.kinds.tabular import Tabular, level_name
from mmfusion.data.table.cells import factorise
from mmfusion.data.table.table import Table
from mmfusion.runs.inspect.columns.similar_names import similar_message


def odd_levels(table: Table, kinds: Mapping[str, Kind]) -> list[str]:
    """A message for each categorical column with levels, of whatever split, that look alike."""
    found = []
    for name, kind in kinds.items():
        for column in kind.levels if isinstance(kind, Tabular) else ():
            alike = similar_message(map(level_name, factorise(table.column(column))[0]), "levels")
            found += [f"{name}: column {column}: {alike}"] if alike is not None else []
    return found
