"""Classes and levels that are spelt like an empty cell."""

from __future__ import annotations

from collections.abc import Mapping

from mmfusion.data.kinds._base import Kind
from mmfusion.data.kinds.tabular import Tabular
from mmfusion.data.table.empty import NotEmpty, looks_missing
from mmfusion.runs.validation.findings import Report


def missing_spellings(kinds: Mapping[str, Kind], report: Report, not_empty: NotEmpty | None = None) -> list[str]:
    """A sentence for each task and each column of categories that has a value like `N/A`, `none` or `?`.

    Args:
        kinds: the modalities.
        report: what is known of the table.
        not_empty: the option `data.not_empty`.
    """
    kept = {value for values in (not_empty or {}).values() for value in values}
    found = {
        f"task {task}": dict.fromkeys(c for counts in splits.values() for c in counts)
        for task, splits in report.classes.items()
    }
    for name, kind in kinds.items():
        if isinstance(kind, Tabular):
            found |= {f"{name}, column {column!r}": dict.fromkeys(levels) for column, levels in kind.levels.items()}
    said = []
    for where, values in found.items():
        odd = [value for value in values if looks_missing(value)]
        if odd:
            what = "a class" if where.startswith("task ") else "a level"
            advice = "take it out of data.not_empty" if kept & set(odd) else "add it to data.empty"
            hint = f"looks like an empty cell; if it means one, {advice}"
            said.append(f"{where}: {', '.join(map(repr, odd))} is {what} and {hint}")
    return said
