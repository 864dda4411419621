from __future__ import annotations

import pytest

from mmfusion.data.errors import DataError
from tests.runs.validated_table import IMAGE, LABEL, SPEECH, TEXT, check


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


def test_no_rows_in_a_split(tmp_path, rows):
    for row in rows:
        row["split"] = row["split"].replace("test", "val")
    report, _ = check(tmp_path, rows)
    assert report
    (warning,) = report.warnings
    assert warning.startswith("rows.csv has no rows in split 'test': nothing will be tested")
    for row in rows:
        row["split"] = row["split"].replace("val", "test")
    report, _ = check(tmp_path, rows)
    assert "rows.csv has no rows in split 'val'" in report.errors[0]


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


def test_a_missing_column_is_refused_before_media_are_read(tmp_path, rows, monkeypatch):
    monkeypatch.setattr("mmfusion.runs.validate.read_media", lambda *_: pytest.fail("read media"))
    with pytest.raises(DataError, match=r"^task\.mood\.column: rows\.csv has no column 'lable'; did you mean 'label'"):
        check(tmp_path, rows, task={"mood": LABEL | {"column": "lable"}})
    with pytest.raises(DataError, match=r"rows.csv has no column 'img'; did you mean"):
        check(tmp_path, rows, data={"modalities": {"image": IMAGE | {"column": "img"}, "speech": SPEECH, "text": TEXT}})
