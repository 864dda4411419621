import random

import pytest

from mmfusion.data.errors import DataError
from tests.runs.inspect.plans import drawn, plan_of, roles

N = 120


COLUMNS = {
    "part": drawn(["train", "train", "dev", "test"], 0, N),
    "fold": drawn("01234", 1, N),
    "who": [f"p{i // 4}" for i in range(N)],
    "code": drawn("123", 2, N),
    "note": [f"the {word} thing {i} was seen here" for i, word in enumerate(drawn(["red", "blue"], 3, N))],
    "dose": [f"{random.Random(i).gauss(0, 1):.5f}" for i in range(N)],
    "label": drawn("ab", 4, N),
    "other": drawn("xyz", 5, N),
}


def test_what_is_given_is_not_guessed():
    by = {"ignore": ["dose"], "groups": ["who"], "splits": ["part"], "inputs": ["note", "label"]}
    plan = plan_of(COLUMNS, tasks=["other"], kinds={"code": "categorical"}, **by)
    assert roles(plan) == {
        "part": "split", "fold": "ignored", "who": "group", "code": "modality tabular", "note": "modality text",
        "dose": "ignored", "label": "modality tabular", "other": "task classification",
    }  # fmt: skip
    assert plan.decisions["code"].arguments == {"numeric": False}
    assert plan.splits == {"train": "train", "dev": "val", "test": "test"}
    assert plan.decisions["label"].reason == "as told (--input); 2 levels"
    assert plan.decisions["code"].reason == "as told (--kind code=categorical); 3 levels"


def test_types_of_tasks():
    plan = plan_of(COLUMNS, kinds={"code": "regression", "label": "classification"})
    assert [(d.column, d.kind) for d in plan.of("task")] == [("code", "regression"), ("label", "classification")]
    assert plan.decisions["code"].reason.startswith("as told (--kind)")


def test_an_input_that_gives_the_target_away_stays_one_and_is_warned_of():
    columns = {"note": COLUMNS["note"], "same": COLUMNS["label"], "label": COLUMNS["label"]}
    assert roles(plan_of(columns, tasks=["label"]))["same"] == "ignored"
    plan = plan_of(columns, tasks=["label"], inputs=["same"])
    assert roles(plan)["same"] == "modality tabular"
    assert "it alone gives" in plan.decisions["same"].warning


@pytest.mark.parametrize(
    ("by", "message"),
    [
        (
            {"splits": ["fold"]},
            r"--split: column 'fold' of rows\.csv holds '\d', .*data\.split\.column=fold data\.split\.ratio=null",
        ),
        ({"kinds": {"note": "numeric"}}, "--kind note=numeric: column 'note' of rows.csv holds no number"),
        ({"inputs": ["empty"]}, "--input: column 'empty' of rows.csv is empty in every row"),
        ({"inputs": ["lists"]}, "--input: column 'lists' of rows.csv holds lists, which are no input"),
    ],
)
def test_what_cannot_be(by, message):
    with pytest.raises(DataError, match=message):
        plan_of(COLUMNS | {"empty": [None] * N, "lists": [["a"]] * N}, **by)


def test_a_group_that_is_given_is_the_only_one():
    plan = plan_of(COLUMNS | {"patient": [f"q{i // 5}" for i in range(N)]}, groups=["fold"])
    assert [d.column for d in plan.of("group")] == ["fold"]
