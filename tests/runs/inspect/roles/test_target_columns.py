import random

import polars as pl
import pytest

from mmfusion.data.errors import DataError
from mmfusion.runs.inspect.roles.target_columns import MOST_TARGETS
from mmfusion.runs.inspect.steps import plan_table

N = 200


def finished(root, tasks=(), **columns):
    table = {name: pl.Series(name, [str(cell) for cell in cells], dtype=pl.String) for name, cells in columns.items()}
    plan = plan_table("t.csv", table, root, tasks)
    return {name: f"{d.role} {d.kind}".strip() for name, d in plan.decisions.items()}


def drawn(choices, seed):
    generator = random.Random(seed)
    return [generator.choice(choices) for _ in range(N)]


def test_few_columns_behind_the_inputs_are_targets_and_many_are_a_table(tmp_path):
    image = [f"{i % 7}.png" for i in range(N)]
    few = {f"c{i}": drawn("abc", i) for i in range(MOST_TARGETS)}
    found = finished(tmp_path, image=image, **few)
    assert [found[name] for name in few] == ["task classification"] * MOST_TARGETS
    many = few | {"last": drawn("abc", 99)}
    found = finished(tmp_path, image=image, **many)
    assert [found[name] for name in few] == ["modality tabular"] * MOST_TARGETS
    assert found["last"] == "task classification"


def test_columns_before_the_inputs_are_inputs_too(tmp_path):
    found = finished(tmp_path, ward=drawn("abc", 1), image=[f"{i % 7}.png" for i in range(N)], verdict=drawn("xy", 2))
    assert found == {"ward": "modality tabular", "image": "modality image", "verdict": "task classification"}


def test_numbers_about_a_file_are_left_out_only_where_there_are_files(tmp_path):
    seconds, label = [i / 7 for i in random.Random(0).choices(range(900), k=N)], drawn("ab", 3)
    assert finished(tmp_path, duration=seconds, label=label)["duration"] == "modality tabular"
    with_files = finished(tmp_path, image=[f"{i % 7}.png" for i in range(N)], duration=seconds, label=label)
    assert with_files["duration"] == "ignored"
    told = finished(tmp_path, ["duration"], image=[f"{i % 7}.png" for i in range(N)], duration=seconds, label=label)
    assert told["duration"] == "task regression"


def test_a_target_that_was_told_may_be_another_form_of_one(tmp_path):
    label = drawn("ab", 4)
    columns = {"image": [f"{i % 7}.png" for i in range(N)], "label": label, "big": [each.upper() for each in label]}
    assert finished(tmp_path, **columns)["big"] == "ignored"
    assert finished(tmp_path, ["label", "big"], **columns)["big"] == "task classification"


def test_one_column_is_a_target_without_anything_to_learn_from(tmp_path):
    with pytest.raises(DataError, match=r"t\.csv: nothing to learn from"):
        finished(tmp_path, y=drawn("ab", 5))


def test_beside_a_column_that_is_named_like_a_target_measurements_are_inputs(tmp_path):
    generator = random.Random(7)
    columns = {
        "photo": [f"{i % 7}.png" for i in range(N)],
        "age": [generator.gauss(50, 9) for _ in range(N)],
        "ward": drawn("abc", 8),
        "bmi": [generator.gauss(25, 3) for _ in range(N)],
        "diagnosis": drawn("xyz", 9),
        "los": [generator.expovariate(0.1) for _ in range(N)],
    }
    found = finished(tmp_path, **columns)
    assert [found[name] for name in ("age", "ward", "bmi", "los")] == ["modality tabular"] * 4
    assert found["diagnosis"] == "task classification"
    # Another category may well be a second target; and without such a name nothing says which one is it.
    assert finished(tmp_path, **columns, organ=drawn("pqr", 10))["organ"] == "task classification"
    del columns["diagnosis"]
    assert finished(tmp_path, **columns)["age"] == "task regression"


def test_classes_and_levels_that_look_alike_are_said(tmp_path):
    columns = {
        "city": drawn(["oslo", "Oslo", "rome"], 11),
        "label": drawn(["cat", "cat\u200b", "dog"], 12),
        "tags": [";".join(random.Random(i).sample(["a", "A", "b"], 2)) for i in range(N)],
    }
    table = {name: pl.Series(name, cells, dtype=pl.String) for name, cells in columns.items()}
    plan = plan_table("t.csv", table, tmp_path, ["label", "tags"])
    warnings = {name: d.warning.split(" that differ")[0] for name, d in plan.decisions.items()}
    assert warnings == {
        "city": "'Oslo' and 'oslo' are different levels",
        "label": "'cat' and 'cat\\u200b' are different classes",
        "tags": "'A' and 'a' are different classes",
    }


def test_codes_that_write_one_number_in_several_ways_are_classes(tmp_path):
    found = finished(tmp_path, age=[i / 7 for i in range(N)], code=drawn(["250", "250.0", "250.00", "401.9"], 13))
    assert found["code"] == "task classification"


def test_a_task_that_says_where_another_is_known_is_a_task_all_the_same(tmp_path):
    acts = drawn(["inform", "inform;request", "request", "thanks;inform", "thanks"], 14)
    intent = [None if "thanks" in each else kind for each, kind in zip(acts, drawn("xyz", 15), strict=True)]
    table = {
        "text": pl.Series([f"word{i} and some more words" for i in range(N)]),
        "intent": pl.Series(intent, dtype=pl.String),
        "acts": pl.Series(acts),
    }
    plan = plan_table("t.csv", table, tmp_path)
    assert (plan.decisions["acts"].role, plan.decisions["acts"].kind) == ("task", "multilabel")
    assert plan.decisions["acts"].warning == "it says which rows have a `intent` at all: never make it an input"


def test_many_answers_that_were_not_always_looked_for_are_targets(tmp_path):
    table = {"image": pl.Series([f"{i % 7}.png" for i in range(N)])}
    for i in range(MOST_TARGETS + 3):
        cells = [None if (i + row) % 9 == 0 else cell for row, cell in enumerate(drawn("01", i))]
        table[f"q{i}"] = pl.Series(cells, dtype=pl.String)
    plan = plan_table("t.csv", table, tmp_path)
    assert len(plan.of("task", "binary")) == MOST_TARGETS + 3


def test_texts_without_blanks_and_strings_of_signs_are_texts(tmp_path):
    generator = random.Random(16)
    texts = {
        "评论": ["".join(generator.choices("天地玄黄宇宙洪荒日月盈昃", k=14)) for _ in range(N)],
        "thai": ["".join(generator.choices("กขคงจฉช", k=20)) for _ in range(N)],
        "smiles": ["".join(generator.choices("CNO()=1c", k=generator.randint(10, 40))) for _ in range(N)],
        "城市": drawn(["北京", "上海", "广州"], 17),
        "label": drawn("ab", 18),
    }
    table = {name: pl.Series(name, cells) for name, cells in texts.items()}
    plan = plan_table("t.csv", table, tmp_path)
    assert [d.column for d in plan.of("modality", "text")] == ["评论", "thai", "smiles"]
    assert plan.decisions["smiles"].arguments == {"tokens": "characters", "lower": False}


@pytest.mark.parametrize("name", ["count", "value", "len", "proportion", "split", "place", "index", "literal"])
def test_a_column_may_have_a_name_that_is_used_inside(tmp_path, name):
    texts = [f"word{i % 7} and {i}th more of it {i * i}" for i in range(60)]
    columns = {"note": texts, name: [i % 4 for i in range(60)], "target": ["ab"[i % 2] for i in range(60)]}
    assert finished(tmp_path, **columns)["target"] == "task classification"
