import pytest

from mmfusion.runs.inspect.roles.target_columns import MOST_TARGETS
from tests.runs.inspect.plans import drawn, plan_of, roles

N = 200
IMAGE = [f"{i % 7}.png" for i in range(N)]
DIGIT = drawn(range(5), 0, N)
NUMBERS = [str(x / 7) for x in drawn(range(9000), 1, N)]


def letters(seed):
    return drawn("abc", seed, N)


def test_few_columns_behind_the_inputs_are_targets_and_many_are_a_table():
    few = {f"c{i}": letters(i) for i in range(MOST_TARGETS)}
    became = roles(plan_of({"image": IMAGE, **few}))
    assert [became[name] for name in few] == ["task classification"] * MOST_TARGETS
    became = roles(plan_of({"image": IMAGE, **few, "last": letters(99)}))
    assert [became[name] for name in few] == ["modality tabular"] * MOST_TARGETS
    assert became["last"] == "task classification"


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        (
            {"ward": letters(1), "image": IMAGE, "verdict": letters(2)},
            ["modality tabular", "modality image", "task classification"],
        ),
        (
            {"age": NUMBERS, "city": letters(1), "won": drawn([0, 1], 2, N)},  # a table's last column
            ["modality tabular", "modality tabular", "task binary"],
        ),
        (
            {"label": letters(1), "text": [f"word{i % 11} and some more words {i}" for i in range(N)]},
            ["task classification", "modality text"],
        ),
        (
            {"image": IMAGE, "digit": DIGIT, "word": ["zowtf"[d] for d in DIGIT], "even": [d % 2 for d in DIGIT]},
            ["modality image", "task classification", "ignored", "ignored"],  # other forms of a target
        ),
    ],
)
def test_targets_by_their_place_and_name(columns, expected):
    plan = plan_of(columns)
    assert list(roles(plan).values()) == expected
    if "digit" in columns:
        assert plan.decisions["word"].reason.startswith("another form of `digit`: it alone gives 100%")
        assert "follows from the target `digit`" in plan.decisions["even"].reason
        assert roles(plan_of(columns, tasks=["digit", "word"]))["word"] == "task classification"


def test_beside_a_column_that_is_named_like_a_target_measurements_are_inputs():
    others = {"age": NUMBERS, "ward": letters(8), "bmi": drawn(NUMBERS, 2, N), "los": drawn(NUMBERS, 3, N)}
    columns = {"photo": IMAGE, **others, "diagnosis": drawn("xyz", 9, N)}
    became = roles(plan_of(columns))
    assert [became[name] for name in others] == ["modality tabular"] * 4
    assert became["diagnosis"] == "task classification"
    # Another category may well be a second target; and without such a name nothing says which one is it.
    assert roles(plan_of({**columns, "organ": drawn("pqr", 10, N)}))["organ"] == "task classification"
    del columns["diagnosis"]
    assert roles(plan_of(columns))["age"] == "task regression"


def test_a_task_that_says_where_another_is_known_is_a_task_all_the_same():
    acts = drawn(["inform", "inform;request", "request", "thanks;inform", "thanks"], 14, N)
    intent = [None if "thanks" in act else kind for act, kind in zip(acts, drawn("xyz", 15, N), strict=True)]
    columns = {"text": [f"word{i} and some more words" for i in range(N)], "intent": intent, "acts": acts}
    plan = plan_of(columns)
    assert roles(plan)["acts"] == "task multilabel"
    assert plan.decisions["acts"].warning == "it says which rows have a `intent` at all: never make it an input"


def test_many_answers_that_were_not_always_looked_for_are_targets():
    columns = {
        f"q{i}": [None if (i + row) % 9 == 0 else cell for row, cell in enumerate(drawn("01", i, N))]
        for i in range(MOST_TARGETS + 3)
    }
    assert len(plan_of({"image": IMAGE, **columns}).of("task", "binary")) == MOST_TARGETS + 3
