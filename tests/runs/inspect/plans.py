"""Plans of small tables, and what became of their columns."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from mmfusion.runs.inspect.plan import Plan
from mmfusion.runs.inspect.roles.target_columns import finish
from mmfusion.runs.inspect.steps import start


def plan_of(columns: dict[str, list], root: Path, tasks=(), ignore=(), **by) -> Plan:
    table = {
        name: pl.Series(name, [None if cell is None else str(cell) for cell in cells], dtype=pl.String)
        for name, cells in columns.items()
    }
    return finish(start("rows.csv", table, root, tasks, ignore, **by), table)


def roles(plan: Plan) -> dict[str, str]:
    return {name: f"{d.role} {d.kind}".strip() for name, d in plan.decisions.items()}
