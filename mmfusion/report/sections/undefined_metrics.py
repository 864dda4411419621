"""Test metrics that have no value, and why."""

from __future__ import annotations

from collections.abc import Sequence

from mmfusion.report.sections._base import ReportSection, Section, SectionTable
from mmfusion.store.run import Run


class UndefinedMetrics(ReportSection):
    """Each metric that is not a number in some runs: its reason, and in how many runs it is so."""

    def section(self, runs: Sequence[Run]) -> Section | None:
        counts: dict[tuple[str, str], int] = {}
        for run in runs:
            for reason in run.undefined.items():
                counts[reason] = counts.get(reason, 0) + 1
        rows = [[metric, str(count), str(why)] for (metric, why), count in sorted(counts.items())]
        return Section("Metrics without a value", (), [SectionTable(["metric", "runs", "why"], rows)]) if rows else None
