import numpy as np
import pytest

from tests.runs.validated_table import IMAGE, SPEECH, TEXT, check


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
