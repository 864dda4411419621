from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest
import soundfile
from rich.console import Console

from mmfusion.data.errors import DataError
from mmfusion.runs.validate import validate
from mmfusion.runs.validation.report import Report

N = 100
IMAGE = {"kind": "image", "column": "image", "size": [6, 6], "channels": 1}
SPEECH = {"kind": "speech", "column": "speech", "sample_rate": 8000}
TEXT = {"kind": "text", "column": "text"}
LABEL = {"_target_": "mmfusion.tasks.classification.Classification", "column": "label"}
WORDS = ("red", "green", "blue", "stone", "river", "cloud", "bird", "tree")


def split_of(i: int) -> str:
    return "train" if i < 60 else "val" if i < 80 else "test"


def write(folder: Path, rows: list[dict[str, Any]]) -> None:
    with (folder / "rows.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    generator = np.random.default_rng(1)
    files = {}
    for i in range(N):
        for name in (f"{i}.png", f"{i}.wav"):
            file = io.BytesIO()
            if name.endswith("png"):
                PIL.Image.fromarray(generator.integers(0, 256, (6, 6)).astype(np.uint8)).save(file, "PNG")
            else:
                soundfile.write(file, generator.normal(size=50) * 0.1, 8000, format="WAV")
            files[name] = file.getvalue()
    return files


@pytest.fixture
def rows(tmp_path: Path, files: dict[str, bytes]) -> list[dict[str, Any]]:
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    generator = np.random.default_rng(0)
    rows = []
    for i in range(N):
        text = " ".join(generator.choice(WORDS, 4))
        label = ("cat", "dog")[generator.integers(0, 2)]
        row = {
            "id": f"r{i}",
            "split": split_of(i),
            "image": f"{i}.png",
            "speech": f"{i}.wav",
            "text": text,
            "label": label,
        }
        rows.append(row | {"who": f"{split_of(i)}{i % 7}", "dose": f"{generator.normal():.6f}"})
    return rows


def check(folder: Path, rows: list[dict[str, Any]], **changes: Any) -> tuple[Report, str]:
    write(folder, rows)
    cfg = {
        "seed": 0,
        "encoder": {"image": {}, "speech": {}, "text": {}},
        "task": {"label": LABEL},
        "data": {
            "_target_": "mmfusion.data.manifest.source.ManifestSource",
            "path": str(folder / "rows.csv"),
            "id": "id",
            "modalities": {"image": IMAGE, "speech": SPEECH, "text": TEXT},
            "loader": {"workers": 0},
        },
    }
    cfg["data"] |= changes.pop("data", {})
    console = Console(file=io.StringIO(), width=300)
    return validate(cfg | changes, console), console.file.getvalue()


def test_good_data(tmp_path, rows):
    rows[0]["image"] = rows[1]["image"] = rows[70]["speech"] = rows[0]["label"] = ""
    report, printed = check(tmp_path, rows)
    assert report
    assert not report.warnings
    assert report.rows == {"train": 60, "val": 20, "test": 20}
    assert report.media == {"image": 98, "speech": 99, "text": len({row["text"] for row in rows})}
    assert report.absent["image"] == pytest.approx({"train": 2 / 60, "val": 0, "test": 0})
    assert report.absent["speech"] == pytest.approx({"train": 0, "val": 1 / 20, "test": 0})
    assert report.unlabelled["label"] == pytest.approx({"train": 1 / 60, "val": 0, "test": 0})
    assert sum(report.classes["label"]["train"].values()) == 59
    assert "ready to train" in printed
    assert "rows.csv: 100 rows (train 60, val 20, test 20)" in printed


def test_every_unreadable_medium_is_reported(tmp_path, rows):
    whole = (tmp_path / "3.png").read_bytes()
    for i in range(12):
        (tmp_path / f"{i}.png").write_bytes(whole[:40])
    (tmp_path / "70.png").write_text("<html>not found</html>")
    (tmp_path / "71.wav").unlink()
    rows[72]["image"] = "../../etc/passwd"
    report, printed = check(tmp_path, rows)
    assert not report
    assert [(u.modality, u.row, u.split) for u in report.unreadable[:1]] == [("image", 2, "train")]
    assert {(u.modality, u.cell) for u in report.unreadable} == {
        *(("image", f"{i}.png") for i in range(12)),
        ("image", "70.png"),
        ("image", "../../etc/passwd"),
        ("speech", "71.wav"),
    }
    images, speech = report.errors
    title = "image: media that cannot be read: 14 problems\n  rows.csv, line 2, column 'image': '0.png': "
    assert images.startswith(title)
    assert images.endswith("… and 4 more")
    assert speech.startswith("speech: media that cannot be read: rows.csv, line 73, column 'speech': '71.wav': ")
    assert "2 errors and 0 warnings" in printed


OUTSIDE = ["../../etc/passwd", "/etc/passwd", "../x.png"]


@pytest.mark.parametrize("kind", ["image of a size", "image", "features", "series"])
def test_a_first_cell_outside_the_root_hides_nothing(tmp_path, rows, kind):
    suffix = {"features": ".npy", "series": ".csv"}.get(kind, ".png")
    for i, row in enumerate(rows):
        name = row["image"] = f"{i}{suffix}"
        if kind == "features":
            np.save(tmp_path / name, np.random.default_rng(i).normal(size=3))
        elif kind == "series":
            (tmp_path / name).write_text(f"a,b\n{i},1\n{i},{i}\n")
    for row, cell in zip(rows, OUTSIDE, strict=False):
        row["image"] = cell
    (tmp_path / rows[5]["image"]).write_bytes(b"no")
    (tmp_path / rows[90]["image"]).unlink()
    node = IMAGE if kind == "image of a size" else {"kind": kind, "column": "image"}
    report, _ = check(tmp_path, rows, data={"modalities": {"image": node, "speech": SPEECH, "text": TEXT}})
    assert [row.cell for row in report.unreadable] == [*OUTSIDE, rows[5]["image"], rows[90]["image"]]
    (message,) = report.errors
    title = "image: media that cannot be read: 5 problems\n  rows.csv, line 2, column 'image': '../../etc/passwd': "
    assert message.startswith(title)
    assert message.count("outside the media root") == 3


def test_nothing_to_learn_a_size_from_hides_nothing(tmp_path, rows):
    for row in rows:
        row["image"] = f"elsewhere/{row['image']}"
    rows[99]["image"] = "../x.png"
    report, _ = check(tmp_path, rows, data={"modalities": {"image": {"kind": "image"}, "speech": SPEECH, "text": TEXT}})
    assert len(report.unreadable) == 100
    (message,) = report.errors
    title = "image: media that cannot be read: 100 problems\n  rows.csv, line 2, column 'image': 'elsewhere/0.png': "
    assert message.startswith(title)
    assert message.endswith("… and 90 more")


def test_a_medium_of_several_rows_is_reported_for_each(tmp_path, rows):
    (tmp_path / "0.png").write_bytes(b"no")
    rows[5]["image"] = rows[7]["image"] = "0.png"
    report, _ = check(tmp_path, rows)
    assert [u.row for u in report.unreadable] == [2, 7, 9]


def test_files_in_training_and_test(tmp_path, rows):
    rows[90]["image"], rows[91]["image"] = "0.png", "1.png"
    rows[60]["speech"] = "61.wav"
    report, _ = check(tmp_path, rows)
    assert report.errors == [
        "image: 2 files of the training split are in another split too: 0.png (test, train), 1.png (test, train)"
    ]


def test_the_same_file_under_another_name(tmp_path, rows):
    (tmp_path / "85.wav").write_bytes((tmp_path / "4.wav").read_bytes())
    report, _ = check(tmp_path, rows)
    assert report
    assert report.warnings == [
        "speech: 1 training media are in another split under another name: 4.wav (train) = 85.wav (test)"
    ]


def test_groups_that_straddle(tmp_path, rows):
    split = {"column": "split", "train": "train", "val": "val", "test": "test", "group": "who"}
    assert check(tmp_path, rows, data={"split": split})[0]
    rows[65]["who"] = "train3"
    report, printed = check(tmp_path, rows, data={"split": split})
    assert report.errors == ["1 of 21 values of the group column 'who' are in several splits: train3 (train, val)"]
    assert "error 1 of 21 values" in printed


def test_wrong_labels(tmp_path, rows):
    rows[81]["label"] = "cow"
    for row in rows[60:80]:
        row["label"] = ""
    report, _ = check(tmp_path, rows)
    assert len(report.errors) == 1
    assert report.errors[0].startswith(
        "task label: rows.csv, line 83, column 'label': 'cow': expected one of the 2 classes"
    )
    assert report.warnings == ["task label: no row of split val has a label, so it has no scores there"]


def test_odd_classes(tmp_path, rows):
    rows[0]["label"] = "Cat"
    report, _ = check(tmp_path, rows)
    assert report.warnings == [
        "task label: 1 classes have fewer than 2 training rows: Cat",
        "task label: 'Cat', 'cat' differ in capitals or blanks alone; are they one class?",
    ]


def test_a_task_that_cannot_be_fitted_hides_nothing_else(tmp_path, rows):
    for row in rows[:60]:
        row["label"] = ""
    (tmp_path / "9.png").unlink()
    report, _ = check(tmp_path, rows)
    assert len(report.errors) == 2
    assert "9.png" in report.errors[0]
    assert "task 'label': column 'label' of rows.csv is empty in all 60 training rows" in report.errors[1]


def test_rows_without_any_modality(tmp_path, rows):
    rows[3] |= {"image": "", "speech": "", "text": ""}
    report, _ = check(tmp_path, rows)
    assert "rows.csv, line 5: 'r3': this row has none of the modalities in use" in report.errors[0]
    report, _ = check(tmp_path, rows, data={"loader": {"rows_without_modality": "skip"}})
    assert report
    assert len(report.warnings) == 1


def test_a_modality_that_training_lacks(tmp_path, rows):
    for row in rows[:60]:
        row["speech"] = ""
    (tmp_path / "99.wav").unlink()
    report, _ = check(tmp_path, rows)
    assert "modality 'speech' is absent in all 60 training rows of rows.csv" in report.errors[0]
    assert "speech: media that cannot be read: rows.csv, line 101, column 'speech': '99.wav'" in report.errors[1]
    assert report.media["speech"] == 40


def test_a_table_that_cannot_be_fitted_is_not_read(tmp_path, rows):
    rows[3]["dose"] = "high"
    tabular = {"kind": "tabular", "numeric": ["dose"]}
    report, printed = check(tmp_path, rows, encoder={"table": {}}, data={"modalities": {"table": tabular}})
    (message,) = report.errors
    assert "'dose'" in message
    assert "expected a number" in message
    assert "not read" in printed


def test_no_validation_rows(tmp_path, rows):
    for row in rows:
        row["split"] = row["split"].replace("val", "test")
    report, _ = check(tmp_path, rows)
    assert "rows.csv has no rows in split 'val'" in report.errors[0]


def test_a_column_that_gives_the_label_away(tmp_path, rows):
    for row in rows:
        row["ward"] = "a" if row["label"] == "cat" else "b"
    tabular = {"kind": "tabular", "numeric": ["dose"], "categorical": ["ward"]}
    report, _ = check(tmp_path, rows, encoder={"table": {}}, data={"modalities": {"table": tabular}})
    assert report
    (warning,) = report.warnings
    assert warning.startswith("table: column ward alone predicts label with accuracy 100.0% on 20 rows, the commonest")


def test_a_hole_that_gives_the_label_away(tmp_path, rows):
    for row in rows:
        row["speech"] = row["speech"] if row["label"] == "cat" else ""
    report, _ = check(tmp_path, rows)
    assert len(report.warnings) == 1
    assert "speech (whether it is there) alone predicts label" in report.warnings[0]


def test_a_text_that_says_its_label(tmp_path, rows):
    for row in rows:
        row["text"] = f"{row['text']}, it is a {row['label']}."
    report, _ = check(tmp_path, rows)
    (warning,) = report.warnings
    assert warning.startswith("text: 100.0% of 80 texts contain the name of their own label (that of another row: ")


def test_a_number_that_follows_a_number(tmp_path, rows):
    for row in rows:
        row["cents"] = 100 * float(row["dose"])
    report, _ = check(
        tmp_path,
        rows,
        encoder={"table": {}},
        task={"dose": {"_target_": "mmfusion.tasks.regression.Regression", "column": "dose"}},
        data={"modalities": {"table": {"kind": "tabular", "numeric": ["cents"]}}},
    )
    assert report
    assert "column cents alone predicts dose with |r| 100.0% on 80 rows" in report.warnings[0]
    assert report.classes["dose"] == {}


def test_many_classes_are_listed_in_part(tmp_path, rows):
    for i, row in enumerate(rows):
        row["label"] = f"class{i % 20:02d}"
    report, printed = check(tmp_path, rows)
    assert report
    assert "… 6 more" in printed


def test_a_missing_label_column_is_refused_before_media_are_read(tmp_path, rows, monkeypatch):
    monkeypatch.setattr("mmfusion.runs.validate.read_media", lambda *_: pytest.fail("read media"))
    with pytest.raises(DataError, match=r"^task\.mood\.column: rows\.csv has no column 'lable'; did you mean 'label'"):
        check(tmp_path, rows, task={"mood": LABEL | {"column": "lable"}})


def test_a_missing_column_is_refused(tmp_path, rows):
    with pytest.raises(DataError, match=r"rows.csv has no column 'img'; did you mean"):
        check(tmp_path, rows, data={"modalities": {"image": IMAGE | {"column": "img"}, "speech": SPEECH, "text": TEXT}})


def test_classes_are_counted_as_the_task_reads_them(tmp_path, rows):
    for i, row in enumerate(rows):
        row["label"] = ("Yes", "yes", "No", "no")[i % 4]
        row["stage"] = ("1", "1.0", "2")[i % 3]
        row["tags"] = ("a;b", "b", "none", "b;a")[i % 4]
    tasks = {
        "label": {"_target_": "mmfusion.tasks.binary.Binary"},
        "stage": {"_target_": "mmfusion.tasks.classification.Classification"},
        "tags": {"_target_": "mmfusion.tasks.multilabel.Multilabel"},
    }
    report, printed = check(tmp_path, rows, task=tasks)
    assert report.classes["label"]["train"] == {"no": 30, "yes": 30}
    assert report.classes["stage"]["train"] == {"1": 40, "2": 20}
    assert report.classes["tags"]["train"] == {"a": 30, "b": 45}
    assert report.bare == {"tags": {"train": 15, "val": 5, "test": 5}}
    assert not report.warnings
    lines = [[cell.strip() for cell in line.split("│")[1:-1]] for line in printed.splitlines() if "│" in line]
    assert ["none of them", "15", "5", "5"] in lines
    assert ["label", "binary", "2", "0.0% / 0.0% / 0.0%"] in lines


def test_a_class_that_training_lacks_is_rare(tmp_path, rows):
    rows[70]["label"] = "cow"
    report, _ = check(tmp_path, rows, task={"label": LABEL | {"classes": ["cat", "dog", "cow"]}})
    assert report.warnings == ["task label: 1 classes have fewer than 2 training rows: cow"]


def test_media_in_validation_and_test(tmp_path, rows):
    rows[60]["image"] = "90.png"
    (tmp_path / "61.wav").write_bytes((tmp_path / "91.wav").read_bytes())
    report, _ = check(tmp_path, rows)
    assert report
    assert report.warnings == [
        "image: 1 media are in both val and test: 90.png",
        "speech: 1 media are in both val and test: 61.wav = 91.wav",
    ]


def test_no_test_rows(tmp_path, rows):
    for row in rows:
        row["split"] = row["split"].replace("test", "val")
    report, _ = check(tmp_path, rows)
    assert report
    (warning,) = report.warnings
    assert warning.startswith("rows.csv has no rows in split 'test': nothing will be tested")


def test_a_threshold_on_a_number_is_found_in_a_small_table(tmp_path, rows):
    generator = np.random.default_rng(3)
    for row in rows:
        row["age"] = f"{generator.uniform(0, 100):.3f}"
        row["label"] = "old" if float(row["age"]) >= 50 else "young"
    tabular = {"kind": "tabular", "numeric": ["age", "dose"]}
    report, _ = check(tmp_path, rows, encoder={"table": {}}, data={"modalities": {"table": tabular}})
    (warning,) = report.warnings
    assert warning.startswith("table: column age alone predicts label with accuracy 100.0% on 20 rows")
