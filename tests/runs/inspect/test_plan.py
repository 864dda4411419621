from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
import soundfile

from mmfusion.data.errors import DataError
from tests.runs.inspect.plans import plan_of, roles

N = 200
WORDS = ("the", "cat", "sat", "on", "a", "mat", "while", "rain", "fell", "over", "some", "old", "grey", "town")


def sentence(generator: random.Random) -> str:
    return " ".join(generator.choice(WORDS) for _ in range(generator.randint(5, 12)))


@pytest.fixture
def media(tmp_path: Path) -> Path:
    for i in range(3):
        PIL.Image.fromarray(np.zeros((20, 30, 3), dtype=np.uint8)).save(tmp_path / f"{i}.png")
        soundfile.write(tmp_path / f"{i}.wav", np.zeros(4000), 8000)
        np.save(tmp_path / f"vector{i}.npy", np.zeros(16))
        np.save(tmp_path / f"sensor{i}.npy", np.zeros((50, 3)))
        np.save(tmp_path / f"tokens{i}.npy", np.zeros((7, 256)))
    return tmp_path


def test_media_text_and_targets(media):
    generator = random.Random(0)
    plan = plan_of(
        {
            "sample_id": [f"s{i}" for i in range(N)],
            "image_path": [f"{i % 3}.png" for i in range(N)],
            "clip": [f"{i % 3}.wav" if i % 5 else None for i in range(N)],
            "vec": [f"vector{i % 3}.npy" for i in range(N)],
            "accel": [f"sensor{i % 3}.npy" for i in range(N)],
            "tokens": [f"tokens{i % 3}.npy" for i in range(N)],
            "duration": [generator.random() for _ in range(N)],
            "note": [sentence(generator) for _ in range(N)],
            "kind": [generator.choice("abc") for _ in range(N)],
            "ok": [generator.choice(["yes", "no"]) for _ in range(N)],
            "weight": [generator.gauss(70, 10) for _ in range(N)],
            "tags": [generator.choice(["red;round", "red", "blue", "blue;flat;red"]) for _ in range(N)],
        },
        media,
    )
    assert roles(plan) == {
        "sample_id": "id",
        "image_path": "modality image",
        "clip": "modality speech",
        "vec": "modality features",
        "accel": "modality series",
        "tokens": "modality features",
        "duration": "ignored",
        "note": "modality text",
        "kind": "task classification",
        "ok": "task binary",
        "weight": "task regression",
        "tags": "task multilabel",
    }
    assert plan.decisions["image_path"].arguments == {"size": [20, 30], "channels": 3}
    assert plan.decisions["clip"].arguments == {"sample_rate": 8000, "seconds": 1.0}
    assert "3 of 3" in plan.decisions["accel"].reason


def test_many_labels_a_cell_are_multilabel(media):
    generator = random.Random(0)
    names = [f"tag{i}" for i in range(8)]
    tags = ["|".join(sorted(generator.sample(names, generator.randint(1, 4)))) for _ in range(N)]
    plan = plan_of({"image": [f"{i % 3}.png" for i in range(N)], "tags": tags}, media)
    assert roles(plan)["tags"] == "task multilabel"
    assert plan.decisions["tags"].arguments == {"separator": "|"}


def test_missing_media_are_said(tmp_path):
    plan = plan_of({"image": [f"a{i}.jpg" for i in range(N)], "label": [i % 2 for i in range(N)]}, tmp_path)
    assert "0 of 200" in plan.decisions["image"].reason
    assert "is --root right?" in plan.decisions["image"].warning


def test_a_table_without_media_is_tabular_and_its_last_column_the_target(tmp_path):
    generator = random.Random(0)
    plan = plan_of(
        {
            "age": [generator.gauss(40, 9) for _ in range(N)],
            "city": [generator.choice(["rome", "oslo", "lima"]) for _ in range(N)],
            "won": [generator.choice([0, 1]) for _ in range(N)],
        },
        tmp_path,
    )
    assert roles(plan) == {"age": "modality tabular", "city": "modality tabular", "won": "task binary"}
    assert plan.decisions["age"].arguments == {"numeric": True}
    assert plan.decisions["city"].arguments == {"numeric": False}


def test_a_name_like_label_makes_a_target_wherever_it_stands(tmp_path):
    generator = random.Random(0)
    plan = plan_of(
        {
            "label": [generator.choice(["spam", "ham"]) for _ in range(N)],
            "text": [sentence(generator) for _ in range(N)],
        },
        tmp_path,
    )
    assert roles(plan) == {"label": "task classification", "text": "modality text"}


def test_splits_groups_dates_constants_and_empties(media):
    generator = random.Random(0)
    split = ["Training", "dev", "test", "Training"] * (N // 4)
    plan = plan_of(
        {
            "image": [f"{i % 3}.png" for i in range(N)],
            "split": split,
            "official_split": ["train", "test"] * (N // 2),
            "patient_id": [f"p{i % 40}" for i in range(N)],
            "taken": [f"2024-01-{1 + i % 28:02d}" for i in range(N)],
            "source": ["hospital"] * N,
            "comment": [None] * N,
            "note_id": [f"n{i}" for i in range(N)],
            "label": [generator.choice("ab") for _ in range(N)],
        },
        media,
    )
    found = roles(plan)
    assert found["split"] == "split"
    assert plan.splits == {"Training": "train", "dev": "val", "test": "test"}
    assert found["patient_id"] == "group"
    assert "in more than one split" not in plan.decisions["patient_id"].warning
    assert found["note_id"] == "id"
    assert [found[name] for name in ("official_split", "taken", "source", "comment")] == ["ignored"] * 4
    assert plan.decisions["official_split"].reason == "another split; `split` is taken"


def test_groups_that_straddle_are_said(media):
    plan = plan_of(
        {
            "image": [f"{i % 3}.png" for i in range(N)],
            "split": ["train"] * 150 + ["val"] * 25 + ["test"] * 25,
            "speaker": [f"s{i % 7}" for i in range(N)],
            "label": ["ab"[i % 2] for i in range(N)],
        },
        media,
    )
    assert plan.decisions["speaker"].warning.startswith("7 of them are in more than one split")


def test_another_form_of_a_target_is_left_out(media):
    generator = random.Random(0)
    digit = [generator.randrange(5) for _ in range(N)]
    plan = plan_of(
        {
            "image": [f"{i % 3}.png" for i in range(N)],
            "digit": digit,
            "word": [["zero", "one", "two", "three", "four"][d] for d in digit],
            "even": ["even" if d % 2 == 0 else "odd" for d in digit],
        },
        media,
    )
    assert roles(plan) == {
        "image": "modality image",
        "digit": "task classification",
        "word": "ignored",
        "even": "ignored",
    }
    assert "it alone gives 100%" in plan.decisions["word"].reason
    assert "follows from the target `digit`" in plan.decisions["even"].reason


def test_a_second_version_of_a_text_is_left_out(tmp_path):
    generator = random.Random(0)
    text = [sentence(generator) for _ in range(N)]
    noisy = [" ".join(text[i].split()[::2]) for i in range(N)]
    plan = plan_of({"text": text, "clean": noisy, "label": [generator.choice("ab") for _ in range(N)]}, tmp_path)
    assert roles(plan)["clean"] == "ignored"
    assert "another version of `text`" in plan.decisions["clean"].reason


def test_a_leak_is_no_input(tmp_path):
    generator = random.Random(0)
    price = [generator.gauss(100, 20) for _ in range(N)]
    plan = plan_of(
        {
            "rooms": [generator.gauss(3, 1) for _ in range(N)],
            "cents": [100 * p for p in price],
            "target": price,
        },
        tmp_path,
    )
    assert roles(plan) == {"rooms": "modality tabular", "cents": "ignored", "target": "task regression"}
    assert "a leak" in plan.decisions["cents"].reason


def test_a_text_that_names_its_label_is_warned_of(tmp_path):
    generator = random.Random(0)
    label = [generator.choice(["spam", "fine"]) for _ in range(N)]
    text = [f"{sentence(generator)} {name}" for name in label]
    plan = plan_of({"text": text, "label": label}, tmp_path)
    assert "contain the name of their own `label`" in plan.decisions["text"].warning


def test_options_override_what_was_found(media):
    generator = random.Random(0)
    columns = {
        "image": [f"{i % 3}.png" for i in range(N)],
        "text": [sentence(generator) for _ in range(N)],
        "shape": [generator.choice("ab") for _ in range(N)],
        "colour": [generator.choice("cd") for _ in range(N)],
    }
    plan = plan_of(columns, media, tasks=["colour"], ignore=["text"])
    assert roles(plan) == {
        "image": "modality image",
        "text": "ignored",
        "shape": "modality tabular",
        "colour": "task classification",
    }
    with pytest.raises(DataError, match=r"--task: rows.csv has no column 'color'; did you mean 'colour'"):
        plan_of(columns, media, tasks=["color"])


def test_classes_that_training_lacks_are_listed(media):
    label = ["ab"[i % 2] for i in range(N - 1)] + ["c"]
    plan = plan_of(
        {"image": [f"{i % 3}.png" for i in range(N)], "split": ["train"] * 150 + ["val"] * 50, "label": label}, media
    )
    assert plan.decisions["label"].arguments == {"classes": ["a", "b", "c"]}
    assert "1 rows outside training" in plan.decisions["label"].warning
    assert plan.decisions["split"].warning == "no rows for test"


def test_nothing_to_predict_and_nothing_to_learn_from(media):
    with pytest.raises(DataError, match="no column looks like something to predict; name one with --task"):
        plan_of({"image": [f"{i % 3}.png" for i in range(N)]}, media)
    with pytest.raises(DataError, match="nothing to learn from"):
        plan_of({"label": [i % 2 for i in range(N)]}, media)


def test_where_nothing_is_found_each_column_says_why(media):
    odd, labels = [f"k{i % 70}" for i in range(N)], [i % 2 for i in range(N)]
    with pytest.raises(
        DataError, match=r"nothing to learn from.*--input COLUMN.*; odd: 70 different values .*; id: id, "
    ):
        plan_of({"id": [f"r{i}" for i in range(N)], "odd": odd, "label": labels}, media)
    plan = plan_of({"odd": odd, "label": labels}, media, inputs=["odd"])  # as the message says
    assert plan.decisions["odd"].role == "modality"
