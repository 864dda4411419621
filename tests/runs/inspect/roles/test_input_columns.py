from tests.runs.inspect.plans import drawn, plan_of

N = 200


def test_classes_and_levels_that_look_alike_are_said():
    columns = {
        "city": drawn(["oslo", "Oslo", "rome"], 11, N),
        "label": drawn(["cat", "cat\u200b", "dog"], 12, N),
        "tags": [";".join(pair) for pair in drawn([("a", "A"), ("A", "b"), ("b", "a"), ("b", "A")], 13, N)],
    }
    plan = plan_of(columns, tasks=["label", "tags"])
    assert {name: d.warning.split(" that differ")[0] for name, d in plan.decisions.items()} == {
        "city": "'Oslo' and 'oslo' are different levels",
        "label": "'cat' and 'cat\\u200b' are different classes",
        "tags": "'A' and 'a' are different classes",
    }
