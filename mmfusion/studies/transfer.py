"""Who helps whom: what each task gains or loses by each other task that is learned with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mmfusion.report.formatting import NONE, plus_minus
from mmfusion.report.sections._base import Section, Table
from mmfusion.studies.common_sections import short
from mmfusion.studies.contrasts import Contrast

Entries = Mapping[tuple[str, str], Contrast]
"""The task that is judged, and the one that it was trained with, to the change against alone in %."""

_PLACES = 2


def section(tasks: Sequence[str], metrics: Mapping[str, str], entries: Entries, unit: str = "") -> Section:
    """The matrix: a row a task that is judged, with its metric, a column a task that it was trained with.

    `unit` is what must be added where not all changes are in %.
    """
    rows = []
    for task, metric in metrics.items():
        tests = [entries.get((task, other)) for other in tasks]
        rows.append([short(metric), *(NONE if test is None else percent(test) + "*" * test.is_shown for test in tests)])
    shown = sum(test.is_shown for test in entries.values())
    lines = [
        f"Change of the row's metric in % of what it is alone{unit}, with the column learned too; above 0 is better."
    ]
    if shown:
        lines.append(f"A difference is shown for {shown} of {len(entries)} entries, those with a star.")
    else:
        lines.append(f"No difference shown for any of the {len(entries)} entries.")
    return Section("Transfer between pairs", lines, [Table(["", *(f"with {task}" for task in tasks)], rows)])


def rows(metrics: Mapping[str, str], entries: Entries) -> list[list[object]]:
    """`transfer.csv`: a line an entry, the head first; an empty cell is not known."""
    lines: list[list[object]] = [["task", "with", "metric", "change_percent", "low", "high", "n", "p_holm"]]
    for (task, other), test in entries.items():
        if test.gain is not None:
            mean, half = test.gain.mean, test.gain.half
            ends = ["", ""] if half is None else [mean - half, mean + half]
            lines.append([task, other, metrics[task], mean, *ends, test.n, "" if test.p is None else test.p])
    return lines


def percent(test: Contrast) -> str:
    """`+3.10 ± 1.21`."""
    if test.gain is None:
        return NONE
    return f"{'+' if test.gain.mean > 0 else ''}{plus_minus(test.gain, _PLACES)}"
