import numpy as np
import pytest

from tests.runs.inspect.plans import drawn, plan_of

N = 300
LABEL = drawn(["cat", "dog", "cow"], 0, N)
COARSE = ["pet" if label != "cow" else "cattle" for label in LABEL]
NEVER = "it alone gives 100% (accuracy) of the target `label`: never make it an input"


def planned(tasks=("label",), **columns):
    more = {key: columns.pop(key) for key in ("ignore", "groups", "inputs") if key in columns}
    x = np.random.default_rng(9).normal(size=N).round(3).tolist()
    plan = plan_of({"x": x, **columns, "label": LABEL}, tasks=tasks, **more)
    return plan.decisions


def test_what_gives_a_target_away_is_no_input_unless_the_user_asks_for_it():
    columns = {"code": [f"<{label}>" for label in LABEL], "coarse": COARSE}
    decisions = planned(**columns)
    assert decisions["code"].role == decisions["coarse"].role == "ignored"
    assert decisions["code"].reason == "it alone gives 100% (accuracy) of the target `label`: a leak"
    assert decisions["coarse"].reason == (
        "it follows from the target `label`, which alone gives 100% (accuracy) of it: a leak"
    )
    requested = planned(**columns, inputs=["code"])["code"]
    assert (requested.role, requested.warning) == (
        "modality",
        "it alone gives 100% (accuracy) of the target `label`: a leak",
    )


def test_what_is_left_out_and_tells_a_target_is_warned_of_once():
    decisions = planned(
        ("label", "again"), folder=LABEL, site=drawn("ab", 1, N), again=LABEL, ignore=["folder"], groups=["site"]
    )
    assert decisions["folder"].warning.count("never make it an input") == 1
    assert decisions["site"].warning == ""


@pytest.mark.parametrize(
    ("note", "warning"),
    [
        ("here is a {} again {}", "100% of its cells contain the name of their own `label`"),
        ("some words {1}", "whether it is there alone gives 100% (accuracy) of `coarse`"),
    ],
)
def test_a_text_that_says_its_label_or_is_there_for_one_alone(note, warning):
    cells = [note.format(label, i) if "{}" in note or label == "cow" else None for i, label in enumerate(LABEL)]
    assert planned(("label", "coarse"), note=cells, coarse=COARSE)["note"].warning.startswith(warning)


def test_a_leak_of_a_leak_is_no_input():
    generator = np.random.default_rng(0)
    y = generator.normal(size=N)
    noisy = y + 0.25 * generator.normal(size=N)
    decisions = planned(("y",), y=y, score=noisy, ranks=np.digitize(noisy, [-0.5, 0.5]))
    assert [decisions[name].role for name in ("score", "ranks", "x")] == ["ignored", "ignored", "modality"]
    assert decisions["ranks"].reason.startswith("it is another form of `score`, which alone gives ")


def test_two_tasks_of_which_one_gives_the_other_away_are_warned_of():
    decisions = planned(("coarse", "label"), coarse=COARSE)
    assert decisions["label"].warning == (
        "it alone gives 100% (accuracy) of the target `coarse`: one of the two tasks gives the other away"
    )
    assert decisions["coarse"].warning == ""


def test_what_says_who_has_one_of_several_labels_is_no_input():
    generator = np.random.default_rng(0)
    tags = [[tag for tag in "abcdefgh" if generator.random() < 0.4] or ["h"] for _ in range(N)]
    decisions = planned(
        ("tags",),
        good=["yes" if ("c" in own) != (generator.random() < 0.15) else "no" for own in tags],
        has=["yes" if "a" in own else "no" for own in tags],
        tags=[";".join(own) for own in tags],
    )
    assert [decisions[name].role for name in ("good", "has", "tags")] == ["modality", "ignored", "task"]
    assert decisions["has"].reason == "it alone says which rows of the target `tags` hold 'a': a leak"


def test_what_gives_a_target_away_in_part_is_no_input_and_two_columns_that_make_it_are_warned_of():
    generator = np.random.default_rng(0)
    a, b, labels = generator.poisson(40, N), generator.poisson(60, N), generator.integers(0, 4, N)
    decisions = planned(
        ("kind", "count"),
        casual=a,
        disposition=["home" if i == 2 else ("icu", "or")[generator.integers(2)] for i in labels],
        registered=b,
        ward=[f"w{i}" for i in generator.integers(0, 4, N)],
        kind=[f"t{i}" for i in labels],
        count=a + b,
    )
    assert decisions["disposition"].reason == "it alone says which rows of the target `kind` hold 't2': a leak"
    warning = (
        "it gives the target `count`, which is the sum of the two: make them inputs only if both are known beforehand"
    )
    assert decisions["casual"].warning == f"with `registered` {warning}"
    assert decisions["registered"].warning == f"with `casual` {warning}"
    assert decisions["ward"].warning == ""
