"""What `result.json` says of a run that did not get to its end, and what stays of it."""

import math
import os
import signal

import pytest

from mmfusion.runs import train as module
from mmfusion.runs.stopping import Stopped
from mmfusion.runs.train import train_config
from mmfusion.store.folder import RunFolder
from mmfusion.store.run import read_result
from mmfusion.training.callbacks.checkpoint import load_module_state
from mmfusion.training.guard import NonFiniteLossError
from mmfusion.training.module import MultiTaskModule
from tests.runs.small_experiment import small_config

STEPS = 3  # of an epoch


@pytest.fixture
def at_step(monkeypatch):
    """Have something done to the batch of the second step of the second epoch."""

    def put(change):
        training_step = MultiTaskModule.training_step

        def changed(module, batch, batch_idx):
            if module.global_step == STEPS + 1:
                change(batch)
            return training_step(module, batch, batch_idx)

        monkeypatch.setattr(MultiTaskModule, "training_step", changed)

    return put


def ended(conf_dir, name, error, *overrides, match=None):
    """The result of a run that ends with an error."""
    run = conf_dir.parent / name
    with pytest.raises(error, match=match):
        train_config(small_config(conf_dir, f"paths.run={run}", "report.plots=false", *overrides), show=False)
    return read_result(RunFolder.open(run))


def check_best(result):
    """The best checkpoint so far is there, and the result says what it came to."""
    assert result.monitor["epoch"] == 0
    assert math.isfinite(result.monitor["best"])
    assert result.validation["val/loss"] == result.monitor["best"]
    for name in ("best", "last"):
        weights = load_module_state(result.path / "checkpoints" / f"{name}.ckpt")
        assert all(weight.isfinite().all() for weight in weights.values())


def test_a_loss_that_is_not_finite(conf_dir, at_step):
    at_step(lambda batch: batch.targets["level"].fill_(math.nan))
    result = ended(conf_dir, "not-finite", NonFiniteLossError)
    assert result.status == "failed"
    assert result.error.startswith("NonFiniteLossError: the loss of 'level' is not finite at step 4")
    assert result.metrics == {}
    check_best(result)


def test_a_signal_stops_it_in_order(conf_dir, at_step, capsys):
    at_step(lambda batch: os.kill(os.getpid(), signal.SIGTERM))
    result = ended(conf_dir, "stopped", Stopped)
    assert (result.status, result.error) == ("stopped", "stopped by SIGTERM")
    assert "stopped by SIGTERM; what there is lies in" in capsys.readouterr().err
    check_best(result)


def test_what_the_test_found_is_kept_though_drawing_fails(conf_dir, monkeypatch):
    def fail(*arguments):
        raise RuntimeError("no fonts")

    monkeypatch.setattr(module, "draw_plots", fail)
    result = ended(conf_dir, "not-drawn", RuntimeError, "trainer.max_epochs=1", "report.plots=true")
    assert (result.status, result.error) == ("failed", "RuntimeError: no fonts")
    assert result.metrics["test/rows"] == 30
    assert (result.path / "predictions.parquet").is_file()


def test_before_there_is_anything_to_say_nothing_is_said(conf_dir):
    result = ended(conf_dir, "no-table", ValueError, "data.path=/nowhere.csv", match="there is no file")
    assert (result.metrics, result.validation, result.monitor, result.faulty) == ({}, {}, {}, {})
