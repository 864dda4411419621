import random

import pytest

from tests.runs.inspect.plans import plan_of, roles

N = 120
NOTES = [f"word{i} and some more words" for i in range(N)]


def bits(seed, holes=0):
    generator = random.Random(seed)
    return [None if i < holes else str(generator.randint(0, 1)) for i in range(N)]


def test_columns_of_one_prefix_are_one_task():
    plan = plan_of({"note": NOTES, "tag_cat": bits(1), "tag_dog": bits(2), "tag_owl": bits(3)})
    assert roles(plan) == {
        "note": "modality text", "tag_cat": "task multilabel", "tag_dog": "merged", "tag_owl": "merged",
    }  # fmt: skip
    decision = plan.decisions["tag_cat"]
    assert (decision.columns, decision.name) == (["tag_cat", "tag_dog", "tag_owl"], "tag")
    assert decision.reason == "it stands after the inputs; 3 columns of 0 and 1 whose names begin with `tag`"


def test_many_of_them_are_still_a_target_and_no_table():
    columns = {"note": NOTES} | {f"genre-{i}": bits(i) for i in range(20)} | {"stars": [str(i % 5) for i in range(N)]}
    plan = plan_of(columns)
    assert len(plan.of("merged")) == 19
    assert [d.column for d in plan.of("task")] == ["genre-0", "stars"]


def test_the_last_columns_of_a_table_are_its_target_together():
    dose = [f"{random.Random(i).gauss(0, 1):.5f}" for i in range(N)]
    plan = plan_of({"dose": dose, "tag_a": bits(1), "tag_b": bits(2), "tag_c": bits(3)})
    assert [d.column for d in plan.of("task", "multilabel")] == ["tag_a"]


def test_exactly_one_in_each_row_is_said():
    kinds = [random.Random(i).randint(0, 2) for i in range(N)]
    columns = {f"kind_{k}": [str(int(kind == k)) for kind in kinds] for k in range(3)}
    plan = plan_of({"note": NOTES, **columns})
    assert plan.decisions["kind_0"].warning.startswith("each row has exactly one: one column of their names would be")


@pytest.mark.parametrize(
    "columns",
    [
        {"tag_cat": bits(1), "tag_dog": bits(2)},  # two questions
        {"NR_a": bits(1, 3), "NR_b": bits(2, 7), "NR_c": bits(3, 5)},  # not known in the same rows
        {"is_male": bits(1), "is_old": bits(2), "is_ill": bits(3)},  # a verb is no topic
    ],
)
def test_columns_that_are_questions_of_their_own(columns):
    assert {role for name, role in roles(plan_of({"note": NOTES, **columns})).items() if name != "note"} == {
        "task binary"
    }


def test_columns_side_by_side_are_offered_as_one_task_and_made_one_by_hand():
    columns = {"note": NOTES, "toxic": bits(1), "severe_threat": bits(2), "insult": bits(3)}
    plan = plan_of(columns)
    assert [d.kind for d in plan.of("task")] == ["binary"] * 3
    assert "`--kind COLUMN=multilabel` for each makes one task" in plan.decisions["toxic"].warning
    plan = plan_of(columns, kinds=dict.fromkeys(("toxic", "severe_threat", "insult"), "multilabel"))
    assert [d.columns for d in plan.of("task")] == [["toxic", "severe_threat", "insult"]]


def test_many_side_by_side_are_one_target_unless_one_is_named_like_it():
    columns = {"note": NOTES} | {word: bits(i) for i, word in enumerate("abcdefghijkl")}
    assert len(plan_of(columns).of("merged")) == 11
    plan = plan_of(columns | {"outcome": bits(99)})
    assert [d.column for d in plan.of("task")] == ["outcome"]


def marks(seed, word="x"):
    generator = random.Random(seed)
    return [word if generator.random() < 0.4 else None for _ in range(N)]


@pytest.mark.parametrize("word", ["x", "X", "1", "✓", "ja"])
def test_a_mark_or_nothing_for_each_label_is_one_target(word):
    plan = plan_of({"note": NOTES} | {name: marks(i, word) for i, name in enumerate(("cat", "dog", "owl"))})
    decision = plan.decisions["cat"]
    assert (decision.kind, decision.columns) == ("multilabel", ["cat", "dog", "owl"])
    assert decision.arguments == {"empty_is_no": True}
    assert decision.reason.endswith(f"3 columns of {word.lower()!r} and empty cells, which are taken as no")


def test_marks_beside_a_label_are_inputs_and_one_alone_is_none():
    symptoms = {name: marks(i) for i, name in enumerate(("fever", "cough", "rash"))}
    plan = plan_of(symptoms | {"diagnosis": [f"d{i % 3}" for i in range(N)]})
    assert roles(plan)["fever"] == "modality tabular"
    assert plan.decisions["fever"].reason == "'x' or empty, and not a target"
    plan = plan_of({"note": NOTES, "one": marks(7, "1"), "kind": [f"d{i % 3}" for i in range(N)]})
    assert plan.decisions["one"].reason.startswith("'1' or empty; if empty means no")


@pytest.mark.parametrize("pair", [("nein", "ja"), ("n", "y"), ("FALSE", "TRUE"), ("0.0", "1.0")])
def test_other_words_for_yes_and_no_are_offered_as_one_task(pair):
    columns = {name: [pair[int(bit)] for bit in bits(i)] for i, name in enumerate(("wet", "cold", "loud"))}
    plan = plan_of({"note": NOTES} | columns)
    assert "`--kind COLUMN=multilabel` for each makes one task" in plan.decisions["wet"].warning
