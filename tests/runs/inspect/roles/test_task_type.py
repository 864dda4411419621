import numpy as np
import polars as pl
import pytest

from mmfusion.runs.inspect.columns.profile import profile
from mmfusion.runs.inspect.plan import Decision, Plan
from mmfusion.runs.inspect.requested import Given
from mmfusion.runs.inspect.roles.task_type import make_task, task_type, tells_holes
from tests.runs.inspect.plans import plan_of


def planned(**columns):
    table = {name: cells if isinstance(cells, list) else pl.Series(name, cells) for name, cells in columns.items()}
    profiles = {name: profile(name, cells) for name, cells in table.items()}
    rows = next(iter(profiles.values())).rows
    return Plan("t.csv", rows, profiles, {name: Decision(name, "open") for name in table}), table


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (("yes", "no") * 20, "binary"),
        (("True", "FALSE") * 20, "binary"),
        (("0", "1") * 20, "binary"),
        (("-1", "1") * 20, "binary"),
        (("positive", "negative") * 20, "binary"),
        (("cat", "dog") * 20, "classification"),
        (("yes", "no", "maybe") * 20, "classification"),
        (tuple(str(i % 5) for i in range(40)), "classification"),
        (tuple(str(i / 3) for i in range(40)), "regression"),
        (("a;b", "b", "a;c") * 20, "multilabel"),
    ],
)
def test_the_type_that_a_column_suggests(cells, kind):
    plan, table = planned(y=cells)
    assert task_type(plan, table, "y")[0] == kind


def test_a_comma_inside_classes_parts_nothing():
    plan, table = planned(y=("rome, italy", "oslo, norway") * 20 + ("rome, italy",))
    assert task_type(plan, table, "y")[::2] == ("classification", "2 classes: 'rome, italy', 'oslo, norway'")


def test_options_are_written_where_they_differ_from_the_tasks_own():
    plan, table = planned(y=("a;b", "b", "a;c") * 20, z=("a|b", "b", "a|c") * 20, lists=[["a"], [], ["b"]] * 20)
    assert [task_type(plan, table, name)[1] for name in ("y", "z", "lists")] == [{}, {"separator": "|"}, {}]


def test_numbers_as_classes_come_with_a_hint_and_holes_with_their_share():
    plan, table = planned(y=[str(i % 5) for i in range(40)])
    table["y"] = pl.Series([*table["y"][:30], *[None] * 10])
    plan.profiles["y"] = profile("y", table["y"])
    make_task(plan, table, "y", "the last column")
    reason = plan.decisions["y"].reason
    assert reason.startswith("the last column; 5 classes: ")
    assert "a regression if their order matters" in reason
    assert reason.endswith("; 25% of rows have none")


@pytest.mark.parametrize(
    ("classes", "arguments", "end"),
    [(2, {"classes": ["m000", "m001", "z"]}, "are listed in the task's `classes`"), (201, {}, "they will be refused")],
)
def test_classes_beyond_training_are_listed_unless_there_are_too_many(classes, arguments, end):
    known = tuple(f"m{i % classes:03}" for i in range(4 * classes))
    plan, table = planned(split=("train",) * len(known) + ("val",) * 3, y=(*known, "z", "z", "m000"))
    plan.decide("split", "split")
    plan.splits = {"train": "train", "val": "val"}
    make_task(plan, table, "y", "as told")
    assert plan.decisions["y"].arguments == arguments
    warning = plan.decisions["y"].warning
    assert warning.startswith("2 rows outside training hold classes that training lacks ('z', …)")
    assert warning.endswith(end)


def test_a_column_that_is_there_only_where_a_label_is():
    generator = np.random.default_rng(1)  # not the halves' own seed
    there = generator.random(400) < 0.5
    plan, table = planned(
        y=[str(generator.integers(2)) if yes else None for yes in there],
        when=["2024" if yes else None for yes in there],
        other=[str(generator.integers(3)) for _ in there],
    )
    table = {name: pl.Series(name, cells, dtype=pl.String) for name, cells in table.items()}
    assert tells_holes(plan, table, "when", "y").suspicious
    assert not tells_holes(plan, table, "other", "y").suspicious


@pytest.mark.parametrize(
    ("cells", "new", "classes"),
    [
        (("a;b", "b", "none", "b;a") * 9, "c;a", ["a", "b", "c"]),
        (("['a', 'b']", "['b']") * 9, "['c']", ["a", "b", "c"]),
        ((1.0, 2.0, 2.5) * 9, 3.0, ["1", "2", "2.5", "3"]),
        ([["a", "b"], [], ["b"]] * 9, ["c"], ["a", "b", "c"]),
    ],
)
def test_classes_beyond_training_by_the_names_that_a_task_gives_them(cells, new, classes):
    plan, table = planned(split=("train",) * len(cells) + ("val",) * 3, y=[*cells, *[new] * 3])
    if isinstance(cells, tuple):
        table["y"] = pl.Series("y", table["y"])
        plan.profiles["y"] = profile("y", table["y"])
    plan.given = Given(kinds={} if isinstance(cells[0], str | list) else {"y": "classification"})
    plan.decide("split", "split")
    plan.splits = {"train": "train", "val": "val"}
    make_task(plan, table, "y", "as told")
    assert plan.decisions["y"].arguments == {"classes": classes}


@pytest.mark.parametrize(
    ("cells", "options"),
    [(("a;b", "c"), {}), (("a, b", "c"), {"separator": ","}), (("a b", "c"), {"separator": " "}), (("a", "b"), {})],
)
def test_several_labels_because_a_person_says_so(cells, options):
    plan, table = planned(y=cells * 9)
    plan.given = Given(kinds={"y": "multilabel"})
    assert task_type(plan, table, "y")[:2] == ("multilabel", options)


def test_zeros_and_ones_are_binary_however_they_are_written(tmp_path):
    columns = {"note": [f"a note of words {i}" for i in range(60)], "ill": ["0.0", "1.0"] * 30}
    assert plan_of(columns, tmp_path).decisions["ill"].kind == "binary"
