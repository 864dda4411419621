"""Broken media under each policy, cached and not."""

import pytest

from mmfusion.data.errors import DataError, DecodeError
from tests.data.media import make_table
from tests.data.running import ready


def broken(tmp_path, rows=(3, 36)):
    made = make_table(tmp_path, holes=False)
    for row in rows:
        file = tmp_path / "images" / f"{row}.png"
        file.write_bytes(file.read_bytes()[:50])
    return made


@pytest.mark.parametrize("cache", ["memory", "none"])
def test_broken_media_raise_at_once(tmp_path, cache):
    made = broken(tmp_path)
    with pytest.raises(DecodeError, match=r"rows\.csv, line 5, column 'image', id row3: images/3\.png: "):
        list(ready(made, cache=cache).train_dataloader())


@pytest.mark.parametrize("cache", ["memory", "none"])
def test_broken_media_skipped_and_counted(tmp_path, cache, caplog):
    data = ready(broken(tmp_path), cache=cache, workers=0, on_error="skip", max_error_rate=0.2)
    assert "row3" not in [id for batch in data.train_dataloader() for id in batch.ids]
    assert "row36" not in [id for batch in data.val_dataloader() for id in batch.ids]
    found = data.faulty()
    assert list(found) == ["train", "val"]
    assert {name: each["rows"] for name, each in found["train"].items()} == {"image": 1}
    assert found["val"]["image"]["first"][0].startswith("rows.csv, line 38, column 'image', id row36: images/36.png: ")
    if cache == "memory":
        assert data.report["left_out"] == {"train": 1, "val": 1, "test": 0}
        assert data.report["unreadable"]["val"]["image"]["rows"] == 1
        assert "images/3.png" in caplog.text


def test_what_a_worker_could_not_decode_is_counted_and_named_here(tmp_path):
    data = ready(broken(tmp_path), cache="none", workers=1, on_error="absent", max_error_rate=0.2)
    assert data.faulty() == {}
    list(data.val_dataloader())
    where = "rows.csv, line 38, column 'image', id row36: 'images/36.png'"
    assert data.faulty() == {"val": {"image": {"rows": 1, "first": [where]}}}


def test_a_row_to_predict_is_never_left_out(tmp_path):
    whole = broken(tmp_path)
    data = ready(whole, on_error="skip", max_error_rate=0.2)
    with pytest.raises(DataError):
        list(data.predict_loader(whole.take([0, 3])))


@pytest.mark.parametrize("cache", ["memory", "none"])
def test_broken_media_taken_as_absent(tmp_path, cache):
    data = ready(broken(tmp_path), cache=cache, on_error="absent", max_error_rate=0.2)
    batch = next(batch for batch in data.val_dataloader() if "row36" in batch.ids)
    row = batch.ids.index("row36")
    assert not batch.present["image"][row]
    assert not batch.inputs["image"][row].any()
    assert batch.present["speech"][row]


@pytest.mark.parametrize("cache", ["memory", "none"])
def test_too_many_broken_media(tmp_path, cache):
    with pytest.raises(DataError, match=r"image: 1 of 30 rows of rows\.csv cannot be decoded, .*max_error_rate=0\.01"):
        list(ready(broken(tmp_path), cache=cache, on_error="skip").train_dataloader())
