from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from mmfusion.runs.inspect.plan import Plan
from tests.helpers import pairwise
from tests.runs.inspect import generated_group_tables
from tests.runs.inspect.generated_tables import GeneratedTable, make
from tests.runs.inspect.plans import plan_of

pytestmark = pytest.mark.xdist_group("generated tables")  # one worker makes and looks at them, once
TABLES, OTHERS = (200, 80) if pairwise.full else (60, 40)


def found_in(table: GeneratedTable) -> tuple[set[str], list[str]]:
    """The columns that are taken for leaks, and those that are taken for groups, the one that is split by first."""
    plan = plan_of(table.columns, Path("nowhere"), tasks=[table.target])
    leaks = {d.column for d in plan.of("ignored") if "a leak" in d.reason or "never make it" in d.warning}
    return leaks, _groups(plan)


def _groups(plan: Plan) -> list[str]:
    chosen = [decision.column for decision in plan.of("group")]
    return chosen + [d.column for d in plan.of("ignored") if "belong together" in d.reason]


@pytest.fixture(scope="module")
def figures() -> Counter[str]:
    """Over tables with a leak, a group, both and neither: what is there, what is found, and false alarms."""
    found: Counter[str] = Counter()
    for seed in range(TABLES):
        table = make(seed, leak=seed % 2 == 0, group=seed % 4 < 2)
        leaks, groups = found_in(table)
        found["leaks"] += len(table.leaks)
        found["leaks found"] += len(set(table.leaks) & (leaks | set(groups)))
        found["tables with a false leak"] += bool(leaks - set(table.leaks) - {table.group})
        found["groups"] += table.group is not None
        found["groups found"] += table.group is not None and groups[:1] == [table.group]
        found["tables with a false group"] += bool(set(groups) - {table.group})
    return found


@pytest.mark.parametrize("what", ["leak", "group"])
def test_nearly_all_are_found_and_hardly_anything_else(figures, what):
    assert figures[f"{what}s"] >= TABLES / 2
    assert figures[f"{what}s found"] >= 0.95 * figures[f"{what}s"], figures
    assert figures[f"tables with a false {what}"] <= 0.02 * TABLES, figures


def test_groups_of_other_shapes_are_found_too():
    found: Counter[str] = Counter()
    for seed in range(OTHERS):
        table = generated_group_tables.make(seed, group=seed % 2 == 0)
        _, groups = found_in(table)
        one = {table.group, *table.aliases}
        found["groups found"] += table.group is not None and groups[:1] in ([name] for name in one)
        found["tables with a false group"] += bool(set(groups) - one)
    assert found["groups found"] >= 0.95 * OTHERS / 2, found
    assert found["tables with a false group"] <= 0.02 * OTHERS, found
