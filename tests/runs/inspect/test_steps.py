import numpy as np
import PIL.Image
import pytest
import soundfile

from mmfusion.data.errors import DataError
from tests.runs.inspect.plans import among, drawn, plan_of, roles

N = 60
NAMES = [f"c{i}" for i in range(N)]
COUNT = list(range(N))
WEIGHTS = [f"{i / 7:.3f}" for i in range(N)]


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ([None] * N, "empty in every row"),
        (["x"] * N, "the same in every row: 'x'"),
        (["x", None] * (N // 2), "'x' or empty; if empty means no, write a word for it there"),
        ([f"m{min(i, 59 - i)}" for i in range(N)], "30 different values in 60 rows: neither classes nor free text"),
        (["<0.05", *WEIGHTS[1:]], "98.3% of its cells are numbers, and others are not, such as '<0.05'; mend those or"),
        (["kg", *WEIGHTS[1:]], "98.3% of its cells are numbers, and others are not, such as 'kg'; mend"),
        ([[]] * N, "an empty list in every row"),
        (
            [f"[{i}.1, -{7 * i}, 2e-3]" for i in range(N)],
            "several numbers in a cell ('[0.1, -0, 2e-3]'); write a column",
        ),
        ([f"{i}.5 {7 * i}.25" for i in range(N)], "several numbers in a cell"),
        ([f"{i};{i}.5;1.5" for i in range(N)], "several numbers in a cell"),
        ([f"({i},{i}.25)" for i in range(N)], "several numbers in a cell"),
        ([str([i % 2, 1, i // 2 % 2]) for i in range(N)], "several numbers in a cell"),
        ([f"{i % 2} 1 {i // 2 % 2}" for i in range(N)], "several numbers in a cell"),
        ([["a"], ["b", "c"]] * (N // 2), "lists of words that are no target"),
    ],
)
def test_columns_that_are_no_input(cells, reason):
    assert among({"c": cells}).decisions["c"].reason.startswith(reason)


def test_what_is_left_becomes_a_table_of_numbers_and_categories():
    plan = among({"age": drawn(range(20, 70), 1, N), "ward": drawn("abc", 2, N), "smokes": drawn([0, 0, 1], 3, N)})
    assert [plan.decisions[name].arguments["numeric"] for name in ("age", "ward", "smokes")] == [True, False, False]


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"code": NAMES, "row_nr": COUNT, "id": NAMES}, {"code": "ignored", "row_nr": "ignored", "id": "id"}),
        ({"size": [i / 7 for i in range(N)], "code": NAMES}, {"size": "modality tabular", "code": "id"}),
        ({"code": NAMES, "weight": ["kg", *WEIGHTS[1:]]}, {"code": "id", "weight": "ignored"}),
        ({"id": [*NAMES[:-1], None]}, {"id": "ignored"}),
        ({"who": COUNT, "year": [1900 + i for i in range(N)]}, {"who": "id", "year": "modality tabular"}),
        ({"id": NAMES, "who": list(range(1, N + 1))}, {"id": "id", "who": "ignored"}),
    ],
)
def test_the_id_is_named_like_one_or_of_single_words_or_counts_the_rows(columns, expected):
    assert {name: role for name, role in roles(among(columns)).items() if name in columns} == expected


@pytest.mark.parametrize(
    "form",
    [
        "2024-01-{:02}", "2024/1/{}", "{}.12.2023", "2024-01-{:02} 10:30:00", "2024-01-{:02}T10:30",
        "2024-01-{:02} 10:30:00.000000 UTC", "2024-01-{:02}T10:30:00+02:00", "12/{}/2023 4:05 PM", "{} January 2024",
        "Jan {}, 2024", "{}-Feb-24", "2024年1月{}日", "10:{:02}:07",
        "Tue Feb {:02} 11:00:00 +0000 2020", "Tue, {} Feb 2020 11:00:00 +0100", "Mo. {}.12.2023",
    ],
)  # fmt: skip
def test_dates_are_left_out(form):
    why = "dates or times; to use them, write numbers (of days, of seconds)"
    assert among({"day": [form.format(1 + i % 28) for i in range(N)]}).decisions["day"].reason == why


def test_a_time_in_every_row_is_no_id():
    assert among({"id": NAMES, "took": [f"1:{i:02}:07" for i in range(N)]}).decisions["took"].reason.startswith("dates")


@pytest.mark.parametrize("form", ["2024-01-{:02} 10:30 the patient came", "{}.5", "1200-{}", "{} x", "{}:1"])
def test_what_only_begins_like_a_date_is_none(form):
    assert "dates" not in among({"day": [form.format(13 + i % 28) for i in range(N)]}).decisions["day"].reason


def test_lists_of_measurements_are_never_targets():
    notes = [f"a note of several words {i}" for i in range(N)]
    tags = [[("cat", "dog")[i % 2]] for i in range(N)]
    plan = plan_of({"note": notes, "emb": [[i / 7, 0.5] for i in range(N)], "tags": tags, "none": [[]] * N})
    expected = {"note": "modality text", "emb": "modality features", "tags": "task multilabel", "none": "ignored"}
    assert roles(plan) == expected
    plan = plan_of({"note": notes, "label": [[i % 2, 1, 0] for i in range(N)], "tags": tags})
    assert plan.decisions["label"].reason.endswith("to predict them, write a column for each")


def test_numbers_about_a_file_are_left_out_only_where_there_are_files():
    seconds, images = [i / 7 for i in drawn(range(900), 0, N)], [f"{i % 7}.png" for i in range(N)]
    assert roles(among({"duration": seconds}))["duration"] == "modality tabular"
    assert roles(among({"image": images, "duration": seconds}))["duration"] == "ignored"
    plan = plan_of({"image": images, "duration": seconds}, tasks=["duration"])
    assert roles(plan)["duration"] == "task regression"


def test_a_requested_input_that_cannot_be_read_as_numbers_is_warned_of():
    plan = among({"w": [f"{i} kg" for i in range(N)]}, unreadable={"w": "numbers with other signs"}, inputs=["w"])
    assert (plan.decisions["w"].role, plan.decisions["w"].warning) == ("modality", "numbers with other signs")
    assert among({"w": NAMES}, unreadable={"w": "why"}).decisions["w"].reason == "why"


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"image": ["a.png"] * N}, "no column looks like something to predict; name one with --task"),
        ({"label": drawn("ab", 1, N)}, "nothing to learn from: no media"),
        (
            {"id": NAMES, "odd": [f"k{i % 21}" for i in range(N)], "label": drawn("ab", 1, N)},
            r"nothing to learn from.*--input COLUMN.*; odd: 21 different values .*; id: id, ",
        ),
    ],
)
def test_where_nothing_is_found_each_column_says_why(columns, message):
    with pytest.raises(DataError, match=message):
        plan_of(columns)
    if "odd" in columns:  # as the message says
        assert plan_of(columns, inputs=["odd"]).decisions["odd"].role == "modality"


@pytest.mark.parametrize("name", ["count", "value", "len", "proportion", "split", "place", "index", "literal"])
def test_a_column_may_have_a_name_that_is_used_inside(name):
    texts = [f"word{i % 7} and {i}th more of it {i * i}" for i in range(N)]
    assert roles(among({"note": texts, name: [i % 4 for i in range(N)]}))["label"] == "task classification"


def test_media_texts_and_targets_of_one_table(tmp_path):
    for i in range(3):
        PIL.Image.new("RGB", (30, 20)).save(tmp_path / f"{i}.png")
        soundfile.write(tmp_path / f"{i}.wav", np.zeros(4000), 8000)
        for name, shape in (("vector", (16,)), ("sensor", (50, 3)), ("tokens", (7, 256))):
            np.save(tmp_path / f"{name}{i}.npy", np.zeros(shape))
    plan = plan_of(
        {
            "sample_id": [f"s{i}" for i in range(N)],
            "split": ["Training", "dev", "test", "Training"] * (N // 4),
            "image_path": [f"{i % 3}.png" for i in range(N)],
            "clip": [f"{i % 3}.wav" if i % 5 else None for i in range(N)],
            "vec": [f"vector{i % 3}.npy" for i in range(N)],
            "accel": [f"sensor{i % 3}.npy" for i in range(N)],
            "tokens": [f"tokens{i % 3}.npy" for i in range(N)],
            "duration": drawn(WEIGHTS, 1, N),
            "note": [" ".join(drawn(["the", "old", "cat", "sat", "on"], i, 9)) for i in range(N)],
            "kind": drawn("abc", 2, N),
            "ok": drawn(["yes", "no"], 3, N),
            "weight": drawn(WEIGHTS, 4, N),
            "tags": drawn(["red;round", "red", "blue", "blue;flat;red"], 5, N),
        },
        tmp_path,
    )
    assert roles(plan) == {
        "sample_id": "id", "split": "split", "image_path": "modality image", "clip": "modality speech",
        "vec": "modality features", "accel": "modality series", "tokens": "modality features", "duration": "ignored",
        "note": "modality text", "kind": "task classification", "ok": "task binary", "weight": "task regression",
        "tags": "task multilabel",
    }  # fmt: skip
    assert plan.decisions["image_path"].arguments == {"size": [20, 30], "channels": 3}
    assert plan.decisions["clip"].arguments == {"sample_rate": 8000, "seconds": 1.0}
    assert "3 of 3" in plan.decisions["accel"].reason
    missing = among({"image": [f"a{i}.jpg" for i in range(N)]}, tmp_path).decisions["image"]
    assert "0 of 60" in missing.reason
    assert "is --root right?" in missing.warning
