import polars as pl

from mmfusion.data.inspect.inputs import inputs, warn
from mmfusion.data.inspect.plan import Decision, Plan
from mmfusion.data.inspect.profile import profile
from mmfusion.data.inspect.tasks import make_task

N = 120
LABEL = ["cat", "dog", "cow"] * (N // 3)


def planned(**columns):
    table = {name: cells if isinstance(cells[0], list) else pl.Series(name, cells) for name, cells in columns.items()}
    table["label"] = pl.Series("label", LABEL)
    profiles = {name: profile(name, cells) for name, cells in table.items()}
    plan = Plan("t.csv", N, profiles, {name: Decision(name, "open") for name in table})
    make_task(plan, table, "label", "as told")
    return plan, table


def test_what_is_open_becomes_a_table_of_numbers_and_categories():
    plan, table = planned(
        age=[str(20 + i % 50) for i in range(N)],
        ward=[f"w{i // 7 % 4}" for i in range(N)],
        smokes=["0", "0", "0", "1"] * 30,
    )
    inputs(plan, table, 0.95)
    decisions = [plan.decisions[name] for name in ("age", "ward", "smokes")]
    assert [(d.kind, d.arguments["numeric"]) for d in decisions] == [
        ("tabular", True),
        ("tabular", False),
        ("tabular", False),  # two values are levels, whatever they look like
    ]


def test_lists_of_words_are_no_input():
    plan, table = planned(tags=[["a"], ["b", "c"]] * (N // 2))
    inputs(plan, table, 0.95)
    assert plan.decisions["tags"].reason == "lists of words that are no target"


def test_a_column_that_gives_a_target_away_is_no_input():
    plan, table = planned(code=[f"<{label}>" for label in LABEL])
    inputs(plan, table, 0.95)
    decision = plan.decisions["code"]
    assert decision.role == "ignored"
    assert decision.reason == "it alone gives 100% of the target `label` (accuracy): a leak"


def test_what_is_left_out_and_tells_a_target_is_warned_of_once():
    plan, table = planned(
        folder=[f"{label}/" for label in LABEL],
        site=["a", "b"] * (N // 2),
        note=[f"here is a {label} again" for label in LABEL],
    )
    plan.decide("folder", "ignored", reason="as told")
    plan.decide("site", "group")
    plan.decide("note", "modality", "text")
    warn(plan, table, 0.95)
    assert plan.decisions["folder"].warning == "it alone gives 100% of `label`: never make it an input"
    assert plan.decisions["site"].warning == ""
    assert plan.decisions["note"].warning == "100% of its cells contain the name of their own `label`"
    warn(plan, table, 0.95)
    assert plan.decisions["folder"].warning.count("never make it an input") == 1
