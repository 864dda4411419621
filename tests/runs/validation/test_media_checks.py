import io
import re

import numpy as np
import PIL.Image
import pytest
import torch

from mmfusion.data.batches.modality import ModalityRows
from mmfusion.data.kinds.image import Image
from mmfusion.runs.validation.media_checks import ModalityMedia, thumbnail
from tests.runs.validated_table import IMAGE, SPEECH, TEXT, check, table_of

N = 20


def media_of(cells, splits, prints=None):
    """The images of a table; `prints` maps the stem of a name to what it holds."""
    table = table_of({"image": list(cells)}, splits)
    inputs = ModalityRows("image", Image(column="image", size=[64, 64]), table)
    known = {str(inputs.cells[place]).removesuffix(".png"): place for place in range(len(inputs.cells))}
    held = {known[stem]: value for stem, value in (prints or {}).items()}
    return ModalityMedia(inputs, table, prints=held)


def test_a_cell_that_is_empty_is_shared_by_nobody():
    media = media_of(["a.png", None, None, "b.png", None], ["train", "train", "val", "val", "test"])
    assert media.shared_files() is media.chosen_and_tested_on() is None


def test_the_same_content_in_training_alone_or_under_one_name_is_no_twin():
    cells, splits = ["a.png", "b.png", "c.png", "c.png"], ["train", "train", "train", "val"]
    assert media_of(cells, splits, {"a": b"1", "b": b"1", "c": b"2"}).same_content() is None
    # c is in training itself: `shared_files` says so, and it is no second name of a
    assert media_of(cells, splits, {"a": b"1", "b": b"2", "c": b"1"}).same_content() is None


def test_each_content_is_counted_once_however_many_names_it_has():
    cells, splits = ["a.png", "b.png", "c.png", "d.png", "c.png"], ["train", "train", "val", "test", "test"]
    media = media_of(cells, splits, dict.fromkeys("abcd", b"1"))
    assert media.same_content() == (
        "image: 1 training media are in another split under another name: a.png (train) = c.png (test, val)"
    )
    assert media.chosen_and_tested_on() is None, "what training has too is said there"


def test_files_in_several_splits_under_one_name_or_two(tmp_path, rows):
    rows[92]["image"], rows[91]["image"] = "0.png", "1.png"
    rows[62]["speech"] = "61.wav"
    (tmp_path / "85.wav").write_bytes((tmp_path / "4.wav").read_bytes())
    rows[60]["image"] = "90.png"
    (tmp_path / "63.wav").write_bytes((tmp_path / "94.wav").read_bytes())
    findings, _ = check(tmp_path, rows)
    assert findings.errors == [
        "image: 2 files of the training split are in another split too, those of 10.0% of the test rows among them: "
        "0.png (test, train), 1.png (test, train)"
    ]
    assert findings.warnings == [
        "speech: 1 training media are in another split under another name: 4.wav (train) = 85.wav (test)",
        "image: 1 media are in both val and test: 90.png",
        "speech: 1 media are in both val and test: 63.wav = 94.wav",
    ]


def picture(seed: int) -> PIL.Image.Image:
    """A few soft blobs and some grain, in colour."""
    generator = np.random.default_rng(seed)
    y, x = np.mgrid[0:64, 0:64] / 64
    blobs = [np.exp(-((x - a) ** 2 + (y - b) ** 2) / c) for a, b, c in generator.uniform(0.02, 1, (6, 3))]
    cells = np.stack([np.tensordot(generator.uniform(-1, 1, 6), blobs, 1) for _ in range(3)], axis=-1)
    cells = 128 + 90 * cells / np.abs(cells).max() + generator.normal(0, 6, cells.shape)
    return PIL.Image.fromarray(cells.clip(0, 255).astype(np.uint8))


def saved_again(image: PIL.Image.Image, quality: int, size: int) -> PIL.Image.Image:
    file = io.BytesIO()
    image.resize((size, size)).save(file, "JPEG", quality=quality)
    return PIL.Image.open(file)


def pictures_of(pictures: dict[str, PIL.Image.Image]) -> ModalityMedia:
    media = media_of(pictures, ["train" if name.startswith("a") else "test" for name in pictures])
    for place, cell in enumerate(media.inputs.cells):
        held = torch.from_numpy(np.array(pictures[cell].convert("RGB").resize((64, 64)))).permute(2, 0, 1)
        media.prints[place] = held.numpy().tobytes()
        media.thumbnails[place] = thumbnail(held)
    return media


@pytest.mark.parametrize(("quality", "size"), [(90, 64), (50, 64), (80, 32), (80, 128)])
def test_an_image_that_was_saved_again_is_found(quality, size):
    train = {f"a{i}.png": picture(i) for i in range(N)}
    test = {f"b{i}.jpg": saved_again(picture(i), quality, size) for i in range(3)}
    other = {f"b{i}.jpg": picture(i) for i in range(100, 110)}
    assert pictures_of({**train, **test, **other}).similar_images() == (
        "image: 3 of 13 test images look like one of training, perhaps saved again or in another size: "
        "a0.png (train) ≈ b0.jpg (test), a1.png (train) ≈ b1.jpg (test), a2.png (train) ≈ b2.jpg (test)"
    )


def test_images_of_one_kind_and_exact_copies_are_none():
    train = {f"a{i}.png": picture(i) for i in range(N)}
    assert pictures_of(train | {f"b{i}.png": picture(100 + i) for i in range(N)}).similar_images() is None
    assert pictures_of(train | {"b0.png": picture(0)}).similar_images() is None, "said as the same content"
    assert pictures_of(train).similar_images() is None
    assert thumbnail(torch.full((3, 8, 8), 7, dtype=torch.uint8)) is None


def test_every_unreadable_medium_is_reported(tmp_path, rows):
    whole = (tmp_path / "3.png").read_bytes()
    for i in range(12):
        (tmp_path / f"{i}.png").write_bytes(whole[:40])
    (tmp_path / "70.png").write_text("<html>not found</html>")
    (tmp_path / "71.wav").unlink()
    rows[72]["image"] = "../../etc/passwd"
    report, printed = check(tmp_path, rows)
    assert not report
    assert report.unreadable == {"image": 14, "speech": 1, "text": 0}
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
    (message,) = report.errors
    assert all(repr(cell) in message for cell in [*OUTSIDE, rows[5]["image"], rows[90]["image"]])
    title = "image: media that cannot be read: 5 problems\n  rows.csv, line 2, column 'image': '../../etc/passwd': "
    assert message.startswith(title)
    assert message.count("outside the media root") == 3


def test_nothing_to_learn_a_size_from_hides_nothing(tmp_path, rows):
    for row in rows:
        row["image"] = f"elsewhere/{row['image']}"
    rows[99]["image"] = "../x.png"
    report, _ = check(tmp_path, rows, data={"modalities": {"image": {"kind": "image"}, "speech": SPEECH, "text": TEXT}})
    assert report.unreadable["image"] == 100
    (message,) = report.errors
    title = "image: media that cannot be read: 100 problems\n  rows.csv, line 2, column 'image': 'elsewhere/0.png': "
    assert message.startswith(title)
    assert message.endswith("… and 90 more")


def test_a_medium_of_several_rows_is_reported_for_each(tmp_path, rows):
    (tmp_path / "0.png").write_bytes(b"no")
    rows[5]["image"] = rows[7]["image"] = "0.png"
    report, _ = check(tmp_path, rows)
    assert re.findall(r"rows.csv, line (\d+)", report.errors[0]) == ["2", "7", "9"]
