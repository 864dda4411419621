from __future__ import annotations

from tests.helpers import pairwise
from tests.runs.inspect.generated_groups import LOOKALIKES, SPELLINGS, WAYS
from tests.runs.inspect.generated_tables import make
from tests.runs.inspect.plans import plan_of

COVER = (
    0, 3, 7, 14, 16, 18, 20, 26, 32, 34, 48, 50, 57, 58, 62, 68, 78, 80, 84, 88, 90, 96, 98, 110, 112, 114, 120, 133,
    144, 145, 166, 178, 186, 188, 194,
)  # fmt: skip
"""Those of 200 tables in which every shape of a leak, of a group and of its spelling occurs, some of them hard ones."""


def test_nearly_all_leaks_and_groups_are_found_and_hardly_anything_else():
    seeds = range(200) if pairwise.full else COVER
    missed, alarms, shapes = [], [], set()
    for seed in seeds:
        table = make(seed, leak=seed % 2 == 0, group=seed % 4 < 2)
        plan = plan_of(table.columns, tasks=[table.target])
        leaks = {d.column for d in plan.of("ignored") if "a leak" in d.reason or "never make it" in d.warning}
        groups = [d.column for d in [*plan.of("group"), *plan.of("ignored")] if "belong together" in d.reason]
        own = {table.group, *table.aliases}  # another name of the group is as good
        if not leaks.union(groups).issuperset(table.leaks) or (table.group and not own.intersection(groups[:1])):
            missed.append((seed, table.shapes))
        if leaks.difference(table.leaks, own) or set(groups) - own:
            alarms.append((seed, table.shapes))
        shapes.update(table.shapes)
    assert {*SPELLINGS, *WAYS, *(columns.__name__ for columns in LOOKALIKES)} <= shapes
    assert len(missed) <= 0.02 * len(seeds), missed
    assert len(alarms) <= 0.02 * len(seeds), alarms
