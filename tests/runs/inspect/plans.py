"""Plans of small tables, and what became of their columns."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from mmfusion.runs.inspect.plan import Plan
from mmfusion.runs.inspect.steps import plan_table

NOWHERE = Path("nowhere")


def plan_of(columns: dict[str, list], root: Path = NOWHERE, tasks=(), ignore=(), **more: Any) -> Plan:
    table = {name: _cells(name, cells) for name, cells in columns.items()}
    return plan_table("rows.csv", table, root, tasks, ignore, **more)


def among(columns: dict[str, list], root: Path = NOWHERE, **more: Any) -> Plan:
    """A plan of columns beside a number and a target that have nothing to do with them."""
    generator, rows = random.Random(0), len(next(iter(columns.values())))
    x = [f"{generator.gauss(0, 1):.3f}" for _ in range(rows)]
    return plan_of({"x": x, **columns, "label": drawn("ab", 0, rows)}, root, ["label"], **more)


def drawn(choices, seed: int, rows: int) -> list:
    generator = random.Random(seed)
    return [generator.choice(choices) for _ in range(rows)]


def roles(plan: Plan) -> dict[str, str]:
    return {name: f"{d.role} {d.kind}".strip() for name, d in plan.decisions.items()}


def _cells(name: str, cells: list) -> Any:
    """Text, as a CSV file holds it; lists as those of a JSONL file."""
    if any(isinstance(cell, list) for cell in cells):
        return [np.asarray(cell) if cell and not isinstance(cell[0], str) else cell for cell in cells]
    return pl.Series(name, [None if cell is None else str(cell) for cell in cells], dtype=pl.String)
