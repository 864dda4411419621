import pytest

from mmfusion.data.batches.modality import ModalityRows
from mmfusion.data.kinds.image import Image
from mmfusion.data.table.table import Table
from mmfusion.runs.validation.read_media import Media
from mmfusion.runs.validation.shared_media import chosen_and_tested_on, same_content, shared_files, shared_groups
from tests.runs.validated_table import check


def table(**splits):
    """Split to its rows' images; the group of each is the first letter of its image's name."""
    cells = [cell for each in splits.values() for cell in each]
    names = [split for split, each in splits.items() for _ in each]
    groups = [None if cell is None else cell[0] for cell in cells]
    count = range(len(cells))
    return Table("rows.csv", {"image": cells, "group": groups}, names, [f"r{i}" for i in count], [i + 2 for i in count])


def media_of(rows, **prints):
    """The images of a table; `prints` maps the stem of a name to what it holds."""
    inputs = ModalityRows("image", Image(column="image"), rows)
    known = {str(inputs.cells[place]): place for place in range(len(inputs.cells))}
    return Media(inputs, {}, {known[f"{stem}.png"]: held for stem, held in prints.items()})


def test_a_cell_that_is_empty_straddles_nothing():
    rows = table(train=["a.png", None], val=[None, "b.png"], test=[None])
    assert shared_groups(rows, "group") is None
    assert shared_files(media_of(rows), rows) is None
    assert chosen_and_tested_on(media_of(rows), rows) is None


def test_groups_are_named_in_order_and_beyond_five_counted():
    many = [f"{letter}.png" for letter in "gfedcba"]
    rows = table(train=many, test=[*many, "z.png"])
    assert shared_groups(rows, "group") == (
        "7 of 8 values of the group column 'group' are in several splits, and 87.5% of the test rows have a row of the "
        "same value in training: a (test, train), b (test, train), c (test, train), d (test, train), "
        "e (test, train), … and 2 more"
    )


def test_a_group_of_numbers_is_compared_as_text():
    rows = Table("rows.csv", {"who": [1, 2, 2, 3]}, ["train", "train", "val", "val"], list("abcd"), range(4))
    assert shared_groups(rows, "who") == (
        "1 of 3 values of the group column 'who' are in several splits, and 50.0% of the val rows have a row of the "
        "same value in training: 2 (train, val)"
    )


def test_the_same_content_in_training_alone_or_under_one_name_is_no_twin():
    rows = table(train=["a.png", "b.png", "c.png"], val=["c.png"])
    assert same_content(media_of(rows, a=b"1", b=b"1", c=b"2"), rows) is None
    # c is in training itself: `shared_files` says so, and it is no second name of a
    assert same_content(media_of(rows, a=b"1", b=b"2", c=b"1"), rows) is None
    assert shared_files(media_of(rows), rows) == (
        "image: 1 files of the training split are in another split too, those of 100.0% of the val rows among them: "
        "c.png (train, val)"
    )


def test_each_content_is_counted_once_however_many_names_it_has():
    rows = table(train=["a.png", "b.png"], val=["c.png"], test=["d.png", "c.png"])
    media = media_of(rows, a=b"1", b=b"1", c=b"1", d=b"1")
    assert same_content(media, rows) == (
        "image: 1 training media are in another split under another name: a.png (train) = c.png (test, val)"
    )
    assert chosen_and_tested_on(media, rows) is None, "what training has too is said there"


@pytest.mark.parametrize("known", [True, False])
def test_without_fingerprints_only_names_are_compared(known):
    rows = table(val=["a.png", "b.png"], test=["c.png", "b.png"])
    found = chosen_and_tested_on(media_of(rows, **({"a": b"1", "c": b"1"} if known else {})), rows)
    assert found == (
        "image: 2 media are in both val and test: a.png = c.png, b.png"
        if known
        else "image: 1 media are in both val and test: b.png"
    )


def test_files_in_training_and_test(tmp_path, rows):
    rows[90]["image"], rows[91]["image"] = "0.png", "1.png"
    rows[60]["speech"] = "61.wav"
    report, _ = check(tmp_path, rows)
    assert report.errors == [
        "image: 2 files of the training split are in another split too, those of 10.0% of the test rows among them: "
        "0.png (test, train), 1.png (test, train)"
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
    assert report.errors == [
        "1 of 21 values of the group column 'who' are in several splits, and 0.0% of the test rows have a row of the "
        "same value in training: train3 (train, val)"
    ]
    assert "error 1 of 21 values" in printed


def test_media_in_validation_and_test(tmp_path, rows):
    rows[60]["image"] = "90.png"
    (tmp_path / "61.wav").write_bytes((tmp_path / "91.wav").read_bytes())
    report, _ = check(tmp_path, rows)
    assert report
    assert report.warnings == [
        "image: 1 media are in both val and test: 90.png",
        "speech: 1 media are in both val and test: 61.wav = 91.wav",
    ]
