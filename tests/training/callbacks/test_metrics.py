from time import sleep

import pytest
import torch
from pytorch_lightning.loggers.logger import Logger

from mmfusion.training.callbacks.metrics import StepMetrics, step_metrics
from mmfusion.training.callbacks.speed import Speed
from mmfusion.training.losses import StepRecord
from mmfusion.training.noise import quiet
from mmfusion.training.optimizers import parameter_groups
from mmfusion.training.schedulers import linear
from tests.training.small import QUIET, History, loader, make_batch, make_module, make_trainer

pytestmark = QUIET


class Keep(Logger):
    """Keeps what a callback logs."""

    name, version = "keep", ""

    def __init__(self):
        super().__init__()
        self.rows = []

    def log_metrics(self, metrics, step=None):
        if any(name.startswith("step/") for name in metrics):
            self.rows.append({"step": step, **metrics})

    def log_hyperparams(self, *arguments, **named):
        pass


def fit(tmp_path, batches=5, history=None, module=None, **options):
    keep, speed = Keep(), Speed()
    callbacks = [speed, StepMetrics(speed), *([history] if history else [])]
    trainer = make_trainer(tmp_path, callbacks=callbacks, logger=keep, max_epochs=1, **options)
    with quiet():
        trainer.fit(module or make_module(), loader([make_batch(4, seed) for seed in range(batches)]))
    return keep.rows


def test_a_record_as_numbers():
    record = StepRecord(
        losses=torch.tensor([0.5, 0.0, 2.0]),
        weights=torch.tensor([1.0, 0.0, 2.0]),
        active=torch.tensor([True, False, True]),
        labels=torch.tensor([3.0, 0.0, 4.0]),
        present=torch.tensor([4.0, 2.0]),
        gradient_norms=torch.tensor([0.1, 0.0, 0.3]),
        cosines=torch.tensor([[1.0, 0.0, -0.25], [0.0, 1.0, 0.0], [-0.25, 0.0, 1.0]]),
    )
    metrics = step_metrics(record, ["a", "b", "c"], ["x", "y"])
    assert {name: round(value, 6) for name, value in metrics.items()} == {
        "step/a/labels": 3.0,
        "step/a/loss": 0.5,
        "step/a/weight": 1.0,
        "step/a/gradient_norm": 0.1,
        "step/b/labels": 0.0,
        "step/c/labels": 4.0,
        "step/c/loss": 2.0,
        "step/c/weight": 2.0,
        "step/c/gradient_norm": 0.3,
        "step/present/x": 4.0,
        "step/present/y": 2.0,
        "step/cosine/a~c": -0.25,
    }


def test_steps_are_logged_with_what_the_module_recorded(tmp_path):
    history = History()
    rows = fit(tmp_path, batches=5, history=history, log_every_n_steps=2)
    assert [row["step"] for row in rows] == [0, 2, 4]
    for row in rows:
        record = history.records[row["step"]]
        assert row["step/kind/loss"] == pytest.approx(record.losses[0].item())
        assert row["step/age/weight"] == pytest.approx(record.weights[2].item())
        assert (row["step/present/a"], row["step/sick/labels"], row["epoch"]) == (4.0, 4.0, 0)
        assert row["speed/rows_per_second"] > 0
        assert 0 <= row["speed/waiting"] <= 1


def test_a_device_that_the_log_waits_for_is_not_waited_for_as_data(tmp_path, monkeypatch):
    def slowly(*arguments):
        sleep(0.1)
        return step_metrics(*arguments)

    monkeypatch.setattr("mmfusion.training.callbacks.metrics.step_metrics", slowly)
    rows = fit(tmp_path, batches=3, log_every_n_steps=1)
    for row in rows[1:]:
        assert row["speed/rows_per_second"] < 4 / 0.1
        assert row["speed/waiting"] < 0.5


def test_gradients_are_logged_where_they_are_taken_whatever_the_interval(tmp_path):
    for interval in (50, 0):
        rows = fit(tmp_path, batches=5, module=make_module(gradients_every_n_steps=3), log_every_n_steps=interval)
        assert [row["step"] for row in rows] == [0, 3]
        assert all(row["step/kind/gradient_norm"] > 0 and "step/cosine/kind~age" in row for row in rows)
    assert fit(tmp_path, batches=3, log_every_n_steps=0) == []


def test_a_step_of_several_batches_is_logged_once(tmp_path):
    rows = fit(tmp_path, batches=6, accumulate_grad_batches=3, log_every_n_steps=1)
    assert [row["step"] for row in rows] == [0, 1]


def test_learning_rates_are_those_that_the_step_used(tmp_path):
    module = make_module(
        optimizer=lambda m, w: torch.optim.SGD(parameter_groups(m, w, 1e-3, 0.0, {"a": {"lr_scale": 0.1}}), lr=1e-3),
        scheduler=linear(),
    )
    rows = fit(tmp_path, batches=4, module=module, log_every_n_steps=1)
    assert [row["lr/model"] for row in rows] == pytest.approx([1e-3, 0.75e-3, 0.5e-3, 0.25e-3])
    assert [row["lr/encoder.a"] for row in rows] == pytest.approx([1e-4, 0.75e-4, 0.5e-4, 0.25e-4])
    assert {name for name in rows[0] if name.startswith("lr/")} == {"lr/model", "lr/encoder.a"}
