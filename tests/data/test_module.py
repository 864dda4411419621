import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from mmfusion.batch import Tokens
from mmfusion.data.errors import DataError
from mmfusion.data.kinds.image import Image
from tests.data.media import make_data
from tests.data.running import ready, same


def test_shapes_types_and_masks_of_a_batch(table):
    batch = next(iter(ready(table).train_dataloader()))
    assert len(batch) == 8
    assert batch.inputs["image"].shape == (8, 1, 6, 5)
    assert batch.inputs["speech"].values.dtype == torch.float32
    assert batch.inputs["speech"].values.shape[1] <= 120
    assert batch.inputs["note"].values.dtype == torch.int64
    assert batch.inputs["vitals"].shape == (8, 1)
    assert batch.inputs["sensor"].values.shape[2] == 2
    assert batch.inputs["sensor"].values.shape[1] <= 5
    assert set(batch.present) == set(batch.inputs)
    assert all(present.dtype == torch.bool for present in batch.present.values())
    assert batch.targets["label"].dtype == torch.int64
    assert not all(present.all() for present in batch.present.values())
    for name, x in batch.inputs.items():
        values = x.values if isinstance(x, Tokens) else x
        assert not values[~batch.present[name]].any(), name
        if isinstance(x, Tokens):
            assert not values[~x.mask()].any(), name
            assert torch.equal(x.lengths > 0, batch.present[name]), name


@pytest.mark.parametrize("split", ["train", "val", "test"])
def test_cached_and_not_cached_in_this_process_and_in_workers_give_the_same_batches(table, split):
    def batches(**loader):
        return list(getattr(ready(table, **loader), f"{split}_dataloader")())

    expected = batches(cache="memory", workers=0)
    for loader in ({"cache": "none", "workers": 0}, {"cache": "none", "workers": 2}, {"cache": "memory", "workers": 1}):
        result = batches(**loader)
        assert len(result) == len(expected)
        assert all(same(a, b) for a, b in zip(expected, result, strict=True))


def test_auto_caches_the_small_ones_and_decodes_the_rest(table):
    data = ready(table, cache_limit_gb=1200 / 1e9)
    kept = [inputs.packed is not None for inputs in data.rows("train").inputs.values()]
    assert any(kept)
    assert not all(kept)
    expected = list(ready(table, cache="memory").val_dataloader())
    assert all(same(a, b) for a, b in zip(expected, data.val_dataloader(), strict=True))


@pytest.mark.parametrize("split", ["train", "test"])
def test_what_a_row_gets_does_not_depend_on_batch_size(table, split):
    def rows(size):
        data = ready(table, batch_size=size)
        batches = data.train_dataloader() if split == "train" else data.test_dataloader()
        return {id: (batch, place) for batch in batches for place, id in enumerate(batch.ids)}

    many = rows(9)
    for id, (single, _) in rows(1).items():
        batch, place = many[id]
        for name, x in single.inputs.items():
            y = batch.inputs[name]
            if isinstance(x, Tokens):
                assert torch.equal(x.values[0, : x.lengths[0]], y.values[place, : y.lengths[place]]), name
            else:
                assert torch.equal(x[0], y[place]), name


def test_every_training_row_once_an_epoch_and_in_another_order_each(table):
    data = ready(table)
    loader = data.train_dataloader()
    first = [id for batch in loader for id in batch.ids]
    second = [id for batch in loader for id in batch.ids]
    assert sorted(first) == sorted(second) == sorted(f"row{i}" for i in range(30))
    assert first != second
    assert [id for batch in ready(table).train_dataloader() for id in batch.ids] == first
    assert [id for batch in ready(table, seed=1).train_dataloader() for id in batch.ids] != first
    assert [id for batch in ready(table, shuffle=False).train_dataloader() for id in batch.ids] == [
        f"row{i}" for i in range(30)
    ]


def test_statistics_come_from_training_rows_alone(table):
    cells = list(table.columns["image"])
    brighter = [
        cell if s == "train" else np.full((6, 5), 255, np.uint8) for cell, s in zip(cells, table.splits, strict=True)
    ]
    words = [cell if s == "train" else "unheard" for cell, s in zip(table.columns["note"], table.splits, strict=True)]
    changed = replace(table, columns={**table.columns, "image": brighter, "note": words})
    assert json.dumps(ready(table).state()) == json.dumps(ready(changed).state())


def test_state_is_json_and_makes_the_same_batches(table):
    data = ready(table)
    other = make_data(table)
    other.load_state(json.loads(json.dumps(data.state())))
    assert other.encoder_arguments == data.encoder_arguments
    other.labels["label"].load_state(data.labels["label"].state())
    other.setup("test")
    assert all(same(a, b) for a, b in zip(data.test_dataloader(), other.test_dataloader(), strict=True))
    assert other.rows("train") is None


def test_state_of_other_modalities(table):
    state = ready(table).state()
    other = make_data(table, kinds={"picture": Image("image")}, transforms={})
    with pytest.raises(DataError, match="has no modality 'picture', only"):
        other.load_state(state)


def test_prediction_without_labels_equals_evaluation(table):
    data = ready(table)
    new = table.take(table.where("test"))
    columns = {name: cells for name, cells in new.columns.items() if name != "label"}
    predicted = list(data.predict_loader(replace(new, columns=columns)))
    for batch, expected in zip(predicted, data.test_dataloader(), strict=True):
        assert batch.targets == batch.labelled == {}
        assert same(replace(expected, targets={}, labelled={}), batch)


def test_prediction_where_a_column_is_missing(table, caplog):
    data = ready(table)
    new = table.take(table.where("test"))
    columns = {"image": ["images/40.png"] * len(new)}
    batch = next(iter(data.predict_loader(replace(new, columns=columns))))
    assert not batch.present["speech"].any()
    assert batch.present["image"].all()
    assert "has no column age, note, sensor, speech" in caplog.text
    with pytest.raises(DataError, match="has none of the columns"):
        data.predict_loader(replace(new, columns={"other": ["x"] * len(new)}))


def test_no_test_rows_are_warned_of_once_at_set_up(table, caplog):
    data = make_data(table.take([i for i, split in enumerate(table.splits) if split != "test"]))
    data.setup()
    data.setup("fit")
    assert data.source.reads == 1
    (message,) = [record.message for record in caplog.records]
    assert message.startswith("rows.csv has no rows in split 'test': nothing will be tested.")
    assert "data.split.from_train={test: 0.1}" in message
    caplog.clear()
    ready(table)
    assert not caplog.records
