import numpy as np
import polars as pl

from mmfusion.runs.inspect.columns.profile import profile
from mmfusion.runs.inspect.plan import Decision, Plan
from mmfusion.runs.inspect.roles.input_columns import inputs, warn
from mmfusion.runs.inspect.roles.task_type import make_task
from tests.runs.inspect.plans import plan_of

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
    inputs(plan, table)
    decisions = [plan.decisions[name] for name in ("age", "ward", "smokes")]
    assert [(d.kind, d.arguments["numeric"]) for d in decisions] == [
        ("tabular", True),
        ("tabular", False),
        ("tabular", False),  # two values are levels, whatever they look like
    ]


def test_lists_of_words_are_no_input():
    plan, table = planned(tags=[["a"], ["b", "c"]] * (N // 2))
    inputs(plan, table)
    assert plan.decisions["tags"].reason == "lists of words that are no target"


def test_a_column_that_gives_a_target_away_is_no_input():
    plan, table = planned(code=[f"<{label}>" for label in LABEL])
    inputs(plan, table)
    decision = plan.decisions["code"]
    assert decision.role == "ignored"
    assert decision.reason == "it alone gives 100% (accuracy) of the target `label`: a leak"


def test_what_is_left_out_and_tells_a_target_is_warned_of_once():
    plan, table = planned(
        folder=[f"{label}/" for label in LABEL],
        site=["a", "b"] * (N // 2),
        note=[f"here is a {label} again" for label in LABEL],
    )
    plan.decide("folder", "ignored", reason="as told")
    plan.decide("site", "group")
    plan.decide("note", "modality", "text")
    warn(plan, table)
    assert (
        plan.decisions["folder"].warning
        == "it alone gives 100% (accuracy) of the target `label`: never make it an input"
    )
    assert plan.decisions["site"].warning == ""
    assert plan.decisions["note"].warning == "100% of its cells contain the name of their own `label`"
    warn(plan, table)
    assert plan.decisions["folder"].warning.count("never make it an input") == 1


def test_a_leak_of_a_leak_is_no_input():
    generator = np.random.default_rng(0)
    plan, table = planned(
        score=[(name, float(generator.normal()))[1] for name in LABEL],
        ranks=list(range(N)),
        other=generator.normal(size=N).tolist(),
    )
    y = generator.normal(size=N)
    noisy = y + 0.1 * generator.normal(size=N)
    table |= {"y": pl.Series(y), "score": pl.Series(noisy), "ranks": pl.Series(np.digitize(noisy, [-1, -0.3, 0.3, 1]))}
    plan.profiles |= {name: profile(name, table[name]) for name in ("y", "score", "ranks")}
    plan.decide("y", "open")
    plan.decide("label", "ignored", warning="as told")
    make_task(plan, table, "y", "as told")
    inputs(plan, table)
    assert {name: plan.decisions[name].role for name in ("score", "ranks", "other")} == {
        "score": "ignored",
        "ranks": "ignored",
        "other": "modality",
    }


def test_two_tasks_of_which_one_gives_the_other_away_are_warned_of():
    coarse = ["pet" if label != "cow" else "cattle" for label in LABEL]
    plan, table = planned(coarse=coarse, note=["some words of it"] * N)
    plan.decide("note", "modality", "text")
    make_task(plan, table, "coarse", "as told")
    warn(plan, table)
    assert plan.decisions["label"].warning == (
        "it alone gives 100% (accuracy) of the target `coarse`: one of the two tasks gives the other away"
    )
    assert plan.decisions["coarse"].warning == ""


def test_a_text_that_is_there_for_one_label_alone_is_warned_of():
    plan, table = planned(
        note=[f"some words {i}" if label == "cat" else None for i, label in enumerate(["cat", "dog"] * 60)]
    )
    table["label"] = pl.Series(["cat", "dog"] * 60)
    plan.decide("note", "modality", "text")
    warn(plan, table)
    assert plan.decisions["note"].warning == "whether it is there alone gives 100% (accuracy) of `label`"


def test_what_says_who_has_one_of_several_labels_is_no_input(tmp_path):
    generator = np.random.default_rng(0)
    tags = [[tag for tag in "abcdefgh" if generator.random() < 0.4] or ["h"] for _ in range(300)]
    columns = {
        "x": generator.normal(size=300).round(3).tolist(),
        "good": ["yes" if ("c" in own) != (generator.random() < 0.15) else "no" for own in tags],
        "has": ["yes" if "a" in own else "no" for own in tags],
        "tags": [";".join(own) for own in tags],
    }
    plan = plan_of(columns, tmp_path, tasks=["tags"])
    assert {name: d.role for name, d in plan.decisions.items()} == {
        "x": "modality", "good": "modality", "has": "ignored", "tags": "task",
    }  # fmt: skip
    assert "it alone says which rows of the target `tags` hold 'a': a leak" in plan.decisions["has"].reason


def test_what_gives_a_target_away_in_part_is_no_input_and_two_columns_that_make_it_are_warned_of(tmp_path):
    generator = np.random.default_rng(0)
    a, b, labels = generator.poisson(40, 300), generator.poisson(60, 300), generator.integers(0, 4, 300)
    columns = {
        "casual": a.tolist(),
        "disposition": ["home" if i == 2 else ("icu", "or")[generator.integers(2)] for i in labels],
        "registered": b.tolist(),
        "ward": [f"w{i}" for i in generator.integers(0, 4, 300)],
        "kind": [f"t{i}" for i in labels],
        "count": (a + b).tolist(),
    }
    plan = plan_of(columns, tmp_path, tasks=["kind", "count"])
    assert {name: d.role for name, d in plan.decisions.items()} == {
        "casual": "modality", "disposition": "ignored", "registered": "modality", "ward": "modality", "kind": "task",
        "count": "task",
    }  # fmt: skip
    why = "it alone says which rows of the target `kind` hold 't2': a leak"
    assert plan.decisions["disposition"].reason == why
    warning = (
        "it gives the target `count`, which is the sum of the two: make them inputs only if both are known beforehand"
    )
    assert plan.decisions["casual"].warning == f"with `registered` {warning}"
    assert plan.decisions["registered"].warning == f"with `casual` {warning}"
    assert plan.decisions["ward"].warning == ""
