import math
from types import SimpleNamespace

import pytest
import torch
from pytorch_lightning.trainer.states import TrainerFn

from mmfusion.config.errors import ConfigError
from mmfusion.config.names import MONITOR
from mmfusion.training.callbacks.monitor import Goal, Monitor, check_monitored_labels, resolve_goal
from mmfusion.training.guard import NonFiniteLossError
from mmfusion.training.noise import quiet
from tests.training.small import QUIET, loader, make_batch, make_module, make_tasks, make_trainer

pytestmark = QUIET


@pytest.fixture(scope="module")
def tasks():
    return make_tasks()


@pytest.mark.parametrize(
    ("metric", "mode"),
    [
        ("val/loss", "min"),
        ("val/kind/loss", "min"),
        ("val/kind/accuracy", "max"),
        ("val/age/mae", "min"),
        ({"val/kind/accuracy": 1, "val/age/mae": -0.1}, "max"),
        ({"val/kind/loss": 1, "val/age/mae": 2, "val/sick/accuracy": -1}, "min"),
    ],
)
def test_auto_knows_which_way_is_better_and_a_stated_mode_is_kept(tasks, metric, mode):
    assert resolve_goal(metric, "auto", tasks).mode == mode
    assert resolve_goal(metric, "max", tasks).mode == "max"


@pytest.mark.parametrize(
    ("metric", "message"),
    [
        ("val/kind/acuracy", "did you mean 'val/kind/accuracy'"),
        ({"val/age/maee": 1}, "did you mean 'val/age/mae'"),
        ({"val/kind/accuracy": 1.0, "val/age/mae": 1.0}, "auto cannot tell .*negative weight"),
        ({}, "expected a metric"),
        ({"val/loss": 0}, "expected a metric"),
    ],
)
def test_what_is_refused(tasks, metric, message):
    with pytest.raises(ConfigError, match=message):
        resolve_goal(metric, "auto", tasks)


def test_value_is_the_weighted_sum():
    goal = Goal({"val/a/x": 1.0, "val/b/y": -0.5}, "max")
    assert goal.value({"val/a/x": torch.tensor(0.75), "val/b/y": 2.0}).item() == pytest.approx(-0.25)


def test_a_metric_that_was_not_logged_is_named():
    with pytest.raises(ConfigError, match=r"'val/a/x' was not logged; did you mean 'val/a/z'"):
        Goal({"val/a/x": 1.0}, "max").value({"val/a/z": 1.0, "val/loss": 1.0})


def test_a_task_without_validation_labels_cannot_be_gone_by():
    for metric in ("val/age/loss", "val/age/mae"):
        with pytest.raises(ConfigError, match=rf"'{metric}' will never be known.*label of 'age'.*a metric of kind$"):
            check_monitored_labels(Goal({"val/kind/accuracy": 1.0, metric: -1.0}, "max"), {"kind": 3, "age": 0})
    with pytest.raises(ConfigError, match="nothing to go by, since no validation row has a label"):
        check_monitored_labels(Goal({"val/loss": 1.0}, "min"), {"kind": 0, "age": 0})
    check_monitored_labels(Goal({"val/loss": 1.0, "val/kind/accuracy": -1.0}, "min"), {"kind": 3, "age": 0})


def test_better():
    down, up = Goal({"x": 1.0}, "min"), Goal({"x": 1.0}, "max")
    assert down.better(1.0, None)
    assert down.better(1.0, 2.0)
    assert not down.better(2.0, 2.0)
    assert up.better(2.0, 1.0)
    assert not up.better(math.nan, None)


def test_it_is_there_for_whoever_comes_after(tmp_path):
    goal = Goal({"val/kind/accuracy": 1.0, "val/age/mae": -0.1}, "max")
    monitor = Monitor(goal)
    trainer = make_trainer(tmp_path, callbacks=[monitor], max_epochs=2, num_sanity_val_steps=1)
    with quiet():
        trainer.fit(make_module(), loader([make_batch(8)]), loader([make_batch(8, 1)]))
    logged = trainer.callback_metrics
    expected = logged["val/kind/accuracy"] - 0.1 * logged["val/age/mae"]
    assert logged[MONITOR].item() == pytest.approx(expected.item())
    assert monitor.best >= logged[MONITOR].item()


def test_state_is_carried():
    first, second = (Monitor(Goal({"x": 1.0}, "min")) for _ in range(2))
    first.best, first.undefined = 0.5, 2
    second.load_state_dict(first.state_dict())
    assert (second.best, second.undefined) == (0.5, 2)
    second.load_state_dict({"best": 0.25})  # as an earlier mmfusion wrote it
    assert (second.best, second.undefined) == (0.25, 2)


def validated(**metrics: float) -> SimpleNamespace:
    """A trainer that has just validated."""
    state = SimpleNamespace(fn=TrainerFn.FITTING)
    logged = {"/".join(["val", *name.split("_")]): torch.tensor(value) for name, value in metrics.items()}
    return SimpleNamespace(
        state=state, sanity_checking=False, callback_metrics=logged, loggers=[], current_epoch=1, global_step=5,
        is_global_zero=True, should_stop=False,
    )  # fmt: skip


def test_a_metric_without_a_value_is_counted_and_said_once(caplog):
    monitor = Monitor(Goal({"val/kind/auroc": 1.0, "val/age/r2": 0.5}, "max"))
    for r2 in (math.nan, math.nan, 0.5):
        monitor.on_validation_end(validated(kind_auroc=0.7, age_r2=r2), None)
    assert (monitor.undefined, monitor.validations, monitor.best) == (2, 3, pytest.approx(0.95))
    assert caplog.text.count("val/age/r2 is not a number after epoch 2") == 1
    monitor.on_train_end(validated(), None)
    assert "there is no best checkpoint" not in caplog.text
    monitor.undefined = 3
    monitor.on_train_end(validated(), None)
    assert "was not a number in any of 3 validations, so there is no best checkpoint; the test is made" in caplog.text


def test_a_loss_that_is_not_finite_ends_the_training():
    monitor = Monitor(Goal({"val/kind/auroc": 1.0}, "max"))
    with pytest.raises(NonFiniteLossError, match=r"^val/age/loss is not finite after epoch 2: "):
        monitor.on_validation_end(validated(kind_auroc=0.7, age_loss=math.inf, kind_loss=0.1), None)
