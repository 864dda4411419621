from tests.runs.inspect.plans import among, drawn, plan_of

N = 200
SENTENCES = [f"on day {i} there came some rain and wind" for i in range(N)]


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


def test_of_two_versions_of_a_text_the_first_is_taken_and_a_target_is_none():
    texts = {"clean": SENTENCES, "noisy": [s[7:] for s in SENTENCES], "other": [s[::-1] for s in SENTENCES]}
    plan = among(texts)
    assert [plan.decisions[name].role for name in texts] == ["modality", "ignored", "modality"]
    assert "another version of `clean`" in plan.decisions["noisy"].reason
    assert plan_of({"x": drawn("ab", 0, N), "note": SENTENCES}, tasks=["note"]).decisions["note"].role == "task"


def test_texts_without_blanks_and_strings_of_signs_are_texts():
    texts = {
        "评论": ["".join(drawn("天地玄黄宇宙洪荒日月盈昃", i, 14)) for i in range(N)],
        "thai": ["".join(drawn("กขคงจฉช", i, 20)) for i in range(N)],
        "smiles": ["".join(drawn("CNO()=1c", i, 10 + i % 30)) for i in range(N)],
        "城市": drawn(["北京", "上海", "广州"], 17, N),
    }
    plan = among(texts)
    assert [d.column for d in plan.of("modality", "text")] == ["评论", "thai", "smiles"]
    assert plan.decisions["smiles"].arguments == {"tokens": "characters", "lower": False}
