"""Broken media under each policy, cached and not: a cut image, and an archive of which libraries raise anything."""

from dataclasses import replace

import numpy as np
import pytest

from mmfusion.data.errors import DataError, DecodeError
from tests.data.media import make_table
from tests.data.running import ready

IMAGE = "rows.csv, line 5, column 'image', id row3: images/3.png: "
SENSOR = "rows.csv, line 38, column 'sensor', id row36: series/36.npz: cannot be read: "
CACHES = pytest.mark.parametrize("cache", ["memory", "none"])


def broken(tmp_path):
    """An image of training is cut short, and a series of validation cannot be inflated."""
    table = make_table(tmp_path, holes=False)
    image, archive = tmp_path / "images" / "3.png", tmp_path / "series" / "36.npz"
    image.write_bytes(image.read_bytes()[:50])
    np.savez_compressed(archive, x=np.random.default_rng(0).normal(size=(100, 2)))
    squeezed = bytearray(archive.read_bytes())
    squeezed[80:120] = b"\xff" * 40
    archive.write_bytes(squeezed)
    sensors = [cell.replace("36.npy", "36.npz") for cell in table.columns["sensor"]]
    return replace(table, columns={**table.columns, "sensor": sensors})


@CACHES
def test_raise_names_the_row(tmp_path, cache):
    with pytest.raises(DecodeError) as error:
        list(ready(broken(tmp_path), cache=cache).train_dataloader())
    assert IMAGE in str(error.value)


@CACHES
@pytest.mark.parametrize("policy", ["skip", "absent"])
def test_skip_and_absent_go_on_and_count(tmp_path, cache, policy, caplog):
    data = ready(broken(tmp_path), cache=cache, workers=0, on_error=policy, max_error_rate=0.2)
    batches = [*data.train_dataloader(), *data.val_dataloader()]
    rows = {id: (batch, row) for batch in batches for row, id in enumerate(batch.ids)}
    assert rows.keys() == {f"row{i}" for i in range(37) if policy == "absent" or i not in (3, 36)}
    for id, name in (("row3", "image"), ("row36", "sensor")) if policy == "absent" else ():
        batch, row = rows[id]
        x = batch.inputs[name]
        assert not batch.present[name][row]
        assert not (x if name == "image" else x.values)[row].any()
        assert batch.present["speech"][row]
    faulty = data.faulty()
    assert {split: {name: result["rows"] for name, result in faulty[split].items()} for split in faulty} == {
        "train": {"image": 1},
        "val": {"sensor": 1},
    }
    assert faulty["train"]["image"]["first"][0].startswith(IMAGE)
    assert faulty["val"]["sensor"]["first"][0].startswith(SENSOR)
    if cache == "memory":
        assert ("1 of the rows in split train are left out" in caplog.text) == (policy == "skip")
        assert "image in split train: 1 rows unreadable: rows.csv, line 5" in caplog.text


def test_what_a_worker_could_not_decode_is_counted_and_named_here(tmp_path):
    data = ready(broken(tmp_path), cache="none", workers=1, on_error="absent", max_error_rate=0.2)
    assert data.faulty() == {}
    list(data.val_dataloader())
    where = "rows.csv, line 38, column 'sensor', id row36: 'series/36.npz'"
    assert data.faulty() == {"val": {"sensor": {"rows": 1, "first": [where]}}}


def test_a_row_to_predict_is_never_left_out(tmp_path):
    table = broken(tmp_path)
    data = ready(table, on_error="skip", max_error_rate=0.2)
    with pytest.raises(DataError):
        list(data.predict_loader(table.take([0, 3])))


@CACHES
def test_too_many_broken_media(tmp_path, cache):
    with pytest.raises(DataError, match=r"image: 1 of 30 rows of rows\.csv cannot be decoded, .*max_error_rate=0\.01"):
        list(ready(broken(tmp_path), cache=cache, on_error="skip").train_dataloader())
