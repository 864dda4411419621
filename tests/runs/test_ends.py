"""What `result.json` says of a run that did not get to its end, and what stays of it."""

import math

import pytest

from mmfusion.runs import train as room
from mmfusion.runs.stopping import Stopped
from mmfusion.runs.train import train
from mmfusion.store.folder import RunFolder
from mmfusion.store.run import read_result
from mmfusion.training.callbacks.checkpoint import load_weights
from mmfusion.training.guard import NonFiniteLossError
from mmfusion.training.module import MultiTaskModule
from tests.runs.small_experiment import small_config

STEPS = 3  # of an epoch


@pytest.fixture
def at_step(monkeypatch):
    """Have something done to the batch of one training step."""

    def put(step, change):
        training_step = MultiTaskModule.training_step

        def changed(module, batch, batch_idx):
            if module.global_step == step:
                change(batch)
            return training_step(module, batch, batch_idx)

        monkeypatch.setattr(MultiTaskModule, "training_step", changed)

    return put


def config(conf_dir, name, *overrides):
    return small_config(conf_dir, f"paths.run={conf_dir.parent / name}", "report.plots=false", *overrides)


def found(conf_dir, name):
    return read_result(RunFolder.open(conf_dir.parent / name))


def check_best(result):
    """The best checkpoint so far is there, and the result says what it came to."""
    assert result.monitor["epoch"] == 0
    assert math.isfinite(result.monitor["best"])
    assert result.validation["val/loss"] == result.monitor["best"]
    weights = load_weights(result.path / "checkpoints" / "best.ckpt")
    assert all(weight.isfinite().all() for weight in weights.values())


def test_a_loss_that_is_not_finite(conf_dir, at_step):
    at_step(STEPS + 1, lambda batch: batch.targets["level"].fill_(math.nan))
    with pytest.raises(NonFiniteLossError):
        train(config(conf_dir, "not-finite"), show=False)
    result = found(conf_dir, "not-finite")
    assert result.status == "failed"
    assert result.error.startswith("NonFiniteLossError: the loss of 'level' is not finite at step 4")
    assert result.metrics == {}
    check_best(result)
    last = load_weights(result.path / "checkpoints" / "last.ckpt")
    assert all(weight.isfinite().all() for weight in last.values())


def test_a_signal_in_the_second_epoch(conf_dir, at_step):
    def stop(batch):
        raise Stopped(15)

    at_step(STEPS + 1, stop)
    with pytest.raises(Stopped):
        train(config(conf_dir, "stopped-late"), show=False)
    result = found(conf_dir, "stopped-late")
    assert (result.status, result.error) == ("stopped", "stopped by SIGTERM")
    check_best(result)


def test_what_the_test_found_is_kept_though_drawing_fails(conf_dir, monkeypatch):
    def fail(*arguments):
        raise RuntimeError("no fonts")

    monkeypatch.setattr(room, "draw_plots", fail)
    with pytest.raises(RuntimeError, match="no fonts"):
        train(config(conf_dir, "not-drawn", "trainer.max_epochs=1", "report.plots=true"), show=False)
    result = found(conf_dir, "not-drawn")
    assert (result.status, result.error) == ("failed", "RuntimeError: no fonts")
    assert result.metrics["test/rows"] == 30
    assert (result.path / "predictions.parquet").is_file()


def test_before_there_is_anything_to_say_nothing_is_said(conf_dir):
    with pytest.raises(ValueError, match="there is no file"):
        train(config(conf_dir, "no-table", "data.path=/nowhere.csv"), show=False)
    result = found(conf_dir, "no-table")
    assert (result.metrics, result.validation, result.monitor, result.faulty) == ({}, {}, {}, {})
