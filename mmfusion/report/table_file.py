"""A comparison as a CSV file."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from mmfusion.report.compare import Comparison, Row
from mmfusion.report.costs import COSTS
from mmfusion.report.formatting import setting
from mmfusion.report.groups import Group
from mmfusion.report.statistics import Interval
from mmfusion.store.files import write


def write_csv(comparison: Comparison, path: Path) -> None:
    """A line a row of the ranking: its keys, the metric, the test against the best, Δm, costs, and where its runs are.

    Numbers have all their digits; an empty cell is not known, `low` and `high` are the ends of 95% intervals.
    """
    head = _numbers(Row(Group({}, [], {}), None))  # which there is without any row
    rows: list[list[object]] = [["rank", *comparison.by, "metric", *head]]
    for rank, row in enumerate(comparison.rows, start=1):
        settings = [row.group.settings[key] for key in comparison.by]
        keys = [repr(value) if isinstance(value, float) else setting(value) for value in settings]
        rows.append([rank if row.is_ranked else None, *keys, comparison.metric, *_numbers(row).values()])
    path.parent.mkdir(parents=True, exist_ok=True)
    write_rows(rows, path)


def write_rows(rows: Sequence[Sequence[object]], path: Path) -> None:
    """Replace a CSV file; the first row is the head."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    write(path, text.getvalue())


def _numbers(row: Row) -> dict[str, object]:
    test = row.paired
    return {
        **_ends("", row.score, "mean"),
        "pooled": row.pooled,
        "n": row.score.n if row.score else 0,
        "completed": len(row.group.completed),
        "not_completed": sum(row.group.others.values()),
        **_ends("best_minus_this_", test.difference if test else None, "best_minus_this"),
        "pairs": test.n if test else None,
        "p": test.p if test else None,
        "p_holm": row.p,
        "effect_size": test.effect if test else None,
        "not_ranked": row.unranked,
        **_ends("delta_m_", row.delta, "delta_m_percent"),
        **{name: (row.costs or {}).get(name) for name in COSTS},
        "runs": " ".join(run.id for run in row.group.runs),
    }


def _ends(prefix: str, interval: Interval | None, mean: str) -> dict[str, object]:
    value, low, high = (None, None, None) if interval is None else (interval.mean, *interval.ends)
    return {mean: value, f"{prefix}low": low, f"{prefix}high": high}
