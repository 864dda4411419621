import random

import pytest

from tests.runs.inspect.plans import drawn, plan_of

N = 120


def task_of(cells, split=None, **more):
    columns = {"x": [f"{random.Random(i).gauss(0, 1):.5f}" for i in range(len(cells))], "y": cells}
    return plan_of(columns | ({"split": split} if split else {}), tasks=["y"], **more).decisions["y"]


@pytest.mark.parametrize(
    ("cells", "kind", "options"),
    [
        (["yes", "no"], "binary", {}),
        (["True", "FALSE"], "binary", {}),
        (["0", "1"], "binary", {}),
        (["0.0", "1.0"], "binary", {}),
        (["-1", "1"], "binary", {}),
        (["positive", "negative"], "binary", {}),
        (["cat", "dog"], "classification", {}),
        (["yes", "no", "maybe"], "classification", {}),
        ([str(i % 5) for i in range(40)], "classification", {}),
        ([str(i / 3) for i in range(40)], "regression", {}),
        (["a;b", "b", "a;c"], "multilabel", {}),
        (["a|b", "b", "a|c"], "multilabel", {"separator": "|"}),
        ([["a"], [], ["b"]], "multilabel", {}),
        (["250", "250.0", "250.00", "401.9"], "classification", {}),  # codes that write one number in several ways
    ],
)
def test_the_type_that_a_column_suggests(cells, kind, options):
    decision = task_of(cells * (N // len(cells)))
    assert (decision.kind, decision.arguments) == (kind, options)


def test_a_comma_inside_classes_parts_nothing():
    decision = task_of([*drawn(["rome, italy", "oslo, norway"], 1, N - 2), "rome, italy", "rome, italy"])
    assert decision.kind == "classification"
    assert "2 classes: '" in decision.reason


def test_numbers_as_classes_come_with_a_hint_and_holes_with_their_share():
    reason = task_of([*drawn(range(5), 1, 90), *[None] * 30]).reason
    assert reason.startswith("as told (--task); 5 classes: ")
    assert reason.endswith("; a regression if their order matters; 25% of rows have none")


@pytest.mark.parametrize(
    ("cells", "new", "kinds", "classes"),
    [
        (["a;b", "b", "none", "b;a"] * 9, "c;a", {}, ["a", "b", "c"]),
        (["['a', 'b']", "['b']"] * 9, "['c']", {}, ["a", "b", "c"]),
        (["1", "2", "2.5"] * 9, "3", {"y": "classification"}, ["1", "2", "2.5", "3"]),
        ([["a", "b"], [], ["b"]] * 9, ["c"], {}, ["a", "b", "c"]),
        ([f"m{i % 201:03}" for i in range(804)], "z", {}, None),  # too many to be listed
    ],
)
def test_classes_beyond_training_are_listed_by_the_names_that_a_task_gives_them(cells, new, kinds, classes):
    decision = task_of([*cells, *[new] * 3], ["train"] * len(cells) + ["val"] * 3, kinds=kinds)
    assert decision.arguments == ({"classes": classes} if classes else {})
    assert decision.warning.startswith("3 rows outside training hold classes that training lacks ('")
    assert decision.warning.endswith("are listed in the task's `classes`" if classes else "they will be refused")


@pytest.mark.parametrize(
    ("cells", "options"),
    [(["a;b", "c"], {}), (["a, b", "c"], {"separator": ","}), (["a b", "c"], {"separator": " "}), (["a", "b"], {})],
)
def test_several_labels_because_the_user_says_so(cells, options):
    decision = task_of(cells * 9, kinds={"y": "multilabel"})
    assert (decision.kind, decision.arguments) == ("multilabel", options)
