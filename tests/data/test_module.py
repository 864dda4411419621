import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from pytorch_lightning import Callback, LightningModule, Trainer

from mmfusion.batch import Tokens
from mmfusion.data.errors import DataError, DecodeError
from mmfusion.data.kinds.image import Image
from mmfusion.data.kinds.text import Text
from mmfusion.data.module import LoaderConfig
from mmfusion.data.paths import PathError
from tests.data.media import make_data, make_table


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    return make_table(tmp_path_factory.mktemp("media"))


def same(a, b):
    """Two batches, to the last bit."""
    assert a.ids == b.ids
    for name, x in a.inputs.items():
        y = b.inputs[name]
        if isinstance(x, Tokens):
            assert torch.equal(x.lengths, y.lengths), name
            x, y = x.values, y.values
        assert x.dtype == y.dtype, name
        assert torch.equal(x, y), name
        assert torch.equal(a.present[name], b.present[name]), name
    for task, target in a.targets.items():
        assert torch.equal(target, b.targets[task])
        assert torch.equal(a.labelled[task], b.labelled[task])
    return True


def ready(table, **options):
    data = make_data(table, **options)
    data.setup()
    return data


def test_shapes_types_and_masks_of_a_batch(table):
    batch = next(iter(ready(table).train_dataloader()))
    assert len(batch) == 8
    assert batch.inputs["image"].shape == (8, 1, 6, 5)
    assert batch.inputs["speech"].values.dtype == torch.float32
    assert batch.inputs["speech"].values.shape[1] <= 120
    assert batch.inputs["note"].values.dtype == torch.int64
    assert batch.inputs["vitals"].shape == (8, 1)
    assert batch.inputs["sensor"].values.shape[2] == 2
    assert set(batch.present) == set(batch.inputs)
    assert all(present.dtype == torch.bool for present in batch.present.values())
    assert batch.targets["label"].dtype == torch.int64


@pytest.mark.parametrize("split", ["train", "val", "test"])
def test_absent_rows_and_padding_are_zero(table, split):
    holes = 0
    for batch in getattr(ready(table), f"{split}_dataloader")():
        for name, x in batch.inputs.items():
            values = x.values if isinstance(x, Tokens) else x
            assert not values[~batch.present[name]].any(), name
            holes += int((~batch.present[name]).sum())
            if isinstance(x, Tokens):
                assert not values[~x.mask()].any(), name
                assert torch.equal(x.lengths > 0, batch.present[name]), name
    assert holes > 0


@pytest.mark.parametrize("split", ["train", "val", "test"])
def test_cached_and_not_cached_in_this_process_and_in_workers_give_the_same_batches(table, split):
    def batches(**loader):
        return list(getattr(ready(table, **loader), f"{split}_dataloader")())

    expected = batches(cache="memory", workers=0)
    for loader in ({"cache": "none", "workers": 0}, {"cache": "none", "workers": 2}, {"cache": "memory", "workers": 1}):
        found = batches(**loader)
        assert len(found) == len(expected)
        assert all(same(a, b) for a, b in zip(expected, found, strict=True))


def test_auto_caches_the_small_ones_and_decodes_the_rest(table):
    data = ready(table, cache_limit_gb=1200 / 1e9)
    assert data.report["cached"]
    assert set(data.report["cached"]) < set(data.kinds)
    expected = list(ready(table, cache="memory").val_dataloader())
    assert all(same(a, b) for a, b in zip(expected, data.val_dataloader(), strict=True))


def test_evaluation_does_not_depend_on_batch_size(table):
    one, many = (list(ready(table, eval_batch_size=size).test_dataloader()) for size in (1, 9))
    assert len(many) == 1
    for row, single in enumerate(one):
        for name, x in single.inputs.items():
            y = many[0].inputs[name]
            if isinstance(x, Tokens):
                length = int(x.lengths[0])
                assert torch.equal(x.values[0, :length], y.values[row, :length]), name
            else:
                assert torch.equal(x[0], y[row]), name


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
    assert list(other.report["rows"]) == ["test"]


def test_state_of_other_modalities(table):
    state = ready(table).state()
    other = make_data(table, kinds={"picture": Image("image")}, transforms={})
    with pytest.raises(DataError, match="has no modality 'picture', only"):
        other.load_state(state)


def test_setup_again_reads_nothing_again(table):
    data = ready(table)
    loader = data.train_dataloader()
    data.setup("fit")
    data.setup("test")
    assert data.source.reads == 1
    assert data.train_dataloader().rows is loader.rows


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


def test_report_and_class_counts(table):
    data = ready(table)
    assert data.report["rows"] == {"train": 30, "val": 7, "test": 9}
    assert data.report["left_out"] == {"train": 0, "val": 0, "test": 0}
    assert data.report["absent"]["train"]["image"] == pytest.approx(5 / 30, abs=1e-5)
    assert data.report["unlabelled"]["train"]["label"] == pytest.approx(4 / 30, abs=1e-5)
    assert data.report["no_label"]["train"] == 4
    assert data.class_counts["label"]["train"] == {"a": 13, "b": 13}
    json.dumps(data.report)


def change(table, row, **cells):
    columns = dict(table.columns)
    for name, cell in cells.items():
        columns[name] = [cell if i == row else old for i, old in enumerate(columns[name])]
    return replace(table, columns=columns)


def test_column_that_is_not_there(table):
    with pytest.raises(DataError, match=r"rows\.csv has no column 'imag'; did you mean 'image'"):
        ready(table, kinds={"image": Image("imag")}, transforms={})


def test_a_kind_without_column_reads_the_modalitys_name(table):
    data = ready(table, kinds={"note": Text()}, transforms={}, rows_without_modality="skip")
    assert data.encoder_arguments["note"]["vocab_size"] == 8


def test_label_out_of_range_in_any_split_is_refused_with_its_line(table):
    bad = change(change(table, 32, label="c"), 40, label="d")
    message = r"2 problems\n  rows\.csv, line 34, column 'label': 'c': expected one of a, b\n  rows\.csv, line 42"
    with pytest.raises(DataError, match=message):
        ready(bad)


def test_paths_that_leave_the_root_are_refused_whatever_the_policy(table):
    bad = change(table, 41, image="../../etc/passwd")
    message = r"rows\.csv, line 43, column 'image': '\.\./\.\./etc/passwd': .*outside the media root"
    with pytest.raises(DataError, match=message):
        ready(bad, on_error="skip", max_error_rate=1.0)


def test_paths_are_refused_in_prediction_too(table):
    data = ready(table)
    new = replace(table.take([40]), columns={"image": ["/etc/passwd"]})
    with pytest.raises(DataError, match="outside the media root"):
        data.predict_loader(new)
    with pytest.raises(PathError):
        data.kinds["image"].decode("/etc/passwd", table.root)


def test_two_rows_of_one_id(table):
    ids = list(table.ids)
    ids[5] = ids[2]
    with pytest.raises(DataError, match=r"rows\.csv, line 7: 'row2': an id that an earlier row has too"):
        ready(replace(table, ids=ids))


def test_unknown_split(table):
    with pytest.raises(DataError, match="line 2: 'training': a split must be one of train, val, test, predict"):
        ready(replace(table, splits=["training", *table.splits[1:]]))


def test_rows_without_any_modality_in_use(table):
    kinds = {"image": Image("image", channels=1)}
    with pytest.raises(DataError, match=r"7 problems\n  rows\.csv, line 2: 'row0': .*modalities in use \(image\)"):
        ready(table, kinds=kinds, transforms={})
    data = ready(table, kinds=kinds, transforms={}, rows_without_modality="skip")
    assert data.report["left_out"] == {"train": 5, "val": 1, "test": 1}
    assert data.report["rows"] == {"train": 25, "val": 6, "test": 8}
    assert sum(len(batch) for batch in data.train_dataloader()) == 25


@pytest.mark.parametrize("split", ["train", "val"])
def test_no_rows_to_train_or_validate(table, split):
    rest = table.take([i for i, s in enumerate(table.splits) if s != split])
    with pytest.raises(DataError, match=rf"rows\.csv has no rows in split '{split}'.*rows per split: test 9"):
        ready(rest)


def test_fewer_rows_than_a_batch_with_drop_last(table):
    data = ready(table, batch_size=31, drop_last=True)
    with pytest.raises(DataError, match="30 rows are fewer than one batch of 31 × 1 processes"):
        data.train_dataloader()
    assert len(ready(table, batch_size=30, drop_last=True).train_dataloader()) == 1


def test_modality_that_no_training_row_has(table):
    empty = [None if s == "train" else cell for cell, s in zip(table.columns["image"], table.splits, strict=True)]
    with pytest.raises(DataError, match="modality 'image' is absent in all 30 training rows"):
        ready(replace(table, columns={**table.columns, "image": empty}))


def test_no_modality_at_all(table):
    with pytest.raises(DataError, match="no modality is in use"):
        make_data(table, kinds={})


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
    data = ready(broken(tmp_path), cache=cache, on_error="skip", max_error_rate=0.2)
    assert "row3" not in [id for batch in data.train_dataloader() for id in batch.ids]
    assert "row36" not in [id for batch in data.val_dataloader() for id in batch.ids]
    if cache == "memory":
        assert data.report["left_out"] == {"train": 1, "val": 1, "test": 0}
        assert data.report["unreadable"]["val"]["image"]["rows"] == 1
        assert "images/3.png" in caplog.text


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


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"cache": "disk"}, "loader.cache: expected auto or memory or none, found 'disk'"),
        ({"on_error": "ignore"}, "loader.on_error: expected raise or skip or absent"),
        ({"batch_size": 0}, "loader.batch_size: expected at least 1, found 0"),
        ({"workers": -1}, "loader.workers: expected at least 0"),
        ({"workers": "many"}, "loader.workers: expected at least 0, found 'many'"),
        ({"max_error_rate": 2.0}, "expected max_error_rate in 0…1"),
    ],
)
def test_wrong_options(options, message):
    with pytest.raises(ValueError, match=message):
        LoaderConfig(**options)


class Recorder(LightningModule):
    """Notes the rows of each batch; trains one number."""

    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(()))
        self.seen, self.validated = [], []

    def training_step(self, batch, index):
        self.seen.append((self.current_epoch, tuple(batch.ids)))
        return self.weight * len(batch)

    def validation_step(self, batch, index):
        self.validated.append(tuple(batch.ids))

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), 0.1)


def trainer(**options):
    quiet = {
        "accelerator": "cpu",
        "logger": False,
        "enable_progress_bar": False,
        "enable_model_summary": False,
        "enable_checkpointing": False,
        "use_distributed_sampler": False,
        "num_sanity_val_steps": 0,
        "max_epochs": 2,
    }
    return Trainer(**(quiet | options))


def at_rank(table, rank, world, **loader):
    data = ready(table, **loader)
    data.trainer = SimpleNamespace(global_rank=rank, world_size=world, num_devices=world, overfit_batches=0)
    return data


@pytest.mark.parametrize("split", ["train", "val", "test"])
def test_ranks_together_see_what_one_process_sees(table, split):
    def steps(data):
        return [batch.ids for batch in getattr(data, f"{split}_dataloader")()]

    one = steps(ready(table, batch_size=8))
    two = [steps(at_rank(table, rank, 2, batch_size=4)) for rank in range(2)]
    both = [a + b for a, b in zip(*two, strict=True)]
    assert both[:-1] == one[: len(both) - 1]
    assert sum(both, []) == sum(one, [])  # noqa: RUF017 - a tail of one row joins the batch before it


def test_fewer_rows_than_processes(table):
    data = at_rank(table, 0, 8)
    assert len(data.test_dataloader()) == 1
    with pytest.raises(DataError, match="split 'val': 7 rows for 8 processes; each needs at least one"):
        data.val_dataloader()


def test_workers_are_shared_out_among_the_processes_of_a_machine(table, monkeypatch):
    monkeypatch.setattr("mmfusion.data.module.cores", lambda: 8)
    assert at_rank(table, 0, 2, cache="none").val_dataloader().workers == 3
    assert at_rank(table, 0, 8 - 1, cache="none").val_dataloader().workers == 1
    assert ready(table, cache="none").val_dataloader().workers == 7
    assert ready(table, cache="none", workers=2).val_dataloader().workers == 2
    assert ready(table).val_dataloader().workers == 0


def test_lightning_sets_the_epoch_and_sees_every_row(table):
    recorder = Recorder()
    trainer().fit(recorder, datamodule=ready(table))
    orders = [[id for e, ids in recorder.seen if e == epoch for id in ids] for epoch in range(2)]
    assert sorted(orders[0]) == sorted(orders[1]) == sorted(f"row{i}" for i in range(30))
    assert orders[0] != orders[1]
    assert sorted({id for ids in recorder.validated for id in ids}) == sorted(f"row{i}" for i in range(30, 37))


def test_lightning_overfits_the_same_batches_every_epoch(table):
    recorder = Recorder()
    trainer(overfit_batches=2).fit(recorder, datamodule=ready(table))
    assert len(recorder.seen) == 4
    assert [ids for epoch, ids in recorder.seen if epoch == 0] == [ids for epoch, ids in recorder.seen if epoch == 1]


class EveryStep(Callback):
    """A checkpoint after each step."""

    def __init__(self, folder):
        self.folder = folder

    def on_train_batch_end(self, trainer, *_):
        trainer.save_checkpoint(self.folder / f"step={trainer.global_step}.ckpt")


def test_lightning_resumes_at_the_next_batch(table, tmp_path):
    whole = Recorder()
    trainer(max_epochs=3, callbacks=[EveryStep(tmp_path)]).fit(whole, datamodule=ready(table))
    assert len(whole.seen) == 12
    for step in (2, 4):
        rest = Recorder()
        trainer(max_epochs=3).fit(
            rest, datamodule=ready(table), ckpt_path=tmp_path / f"step={step}.ckpt", weights_only=True
        )
        assert rest.seen == whole.seen[step:], step
