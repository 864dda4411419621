import pytest
import yaml

from mmfusion.config.errors import ConfigError
from mmfusion.config.instantiate import trusting
from mmfusion.config.names import MONITOR
from mmfusion.training.callbacks.build import build_callbacks
from mmfusion.training.noise import quiet
from mmfusion.training.search.trial import Announcement
from tests.training.small import QUIET, loader, make_batch, make_module, make_tasks, make_trainer

pytestmark = QUIET


@pytest.fixture
def cfg(repo):
    return yaml.safe_load((repo / "conf/callbacks/default.yaml").read_text())


def names(built):
    return [type(callback).__name__ for callback in built.ordered]


JUDGES = ["Speed", "StepMetrics", "Monitor", "MovePlateau"]
SAVES = ["Checkpoints", "KeepPredictions"]


def test_a_users_stand_between_what_judges_and_what_stops_or_saves(cfg, tmp_path):
    assert names(build_callbacks(cfg, make_tasks(), tmp_path)) == [*JUDGES, *SAVES]
    cfg["early_stopping"]["patience"] = 2
    built = build_callbacks(cfg, make_tasks(), tmp_path, progress=True)
    assert names(built) == [*JUDGES, "EarlyStopping", *SAVES, "ProgressBar"]
    cfg["timer"] = {"_target_": "pytorch_lightning.callbacks.Timer", "duration": {"hours": 1}}
    cfg["bar"] = {"_target_": "pytorch_lightning.callbacks.TQDMProgressBar"}  # one bar is enough
    built = build_callbacks(cfg, make_tasks(), tmp_path, progress=True)
    assert names(built) == [*JUDGES, "Timer", "TQDMProgressBar", "EarlyStopping", *SAVES]


def test_without_a_choice_none_stops_or_saves(cfg, tmp_path):
    for name in ("ModelCheckpoint", "EarlyStopping", "Timer"):
        cfg[name] = {"_target_": f"pytorch_lightning.callbacks.{name}"}
    cfg["EarlyStopping"]["monitor"] = "val/loss"
    cfg["early_stopping"]["patience"] = 2
    built = build_callbacks(cfg, make_tasks(), tmp_path, choose=False)
    assert names(built) == [*JUDGES, "Timer", *SAVES]
    assert (built.checkpoints.best, built.checkpoints.last) == (False, False)


@pytest.mark.parametrize(
    ("node", "message"),
    [
        ("LearningRateMonitor, logging_interval: often", "callbacks.x: logging_interval should be"),
        ("LearningRateMonitor, intervall: step", "takes no 'intervall'; did you mean"),
        ("ModelCheckpoint, save_top_k: -2", "callbacks.x: .*save_top_k=-2"),
    ],
)
def test_what_lightning_refuses_names_the_callback(cfg, tmp_path, node, message):
    cfg["x"] = yaml.safe_load(f"{{_target_: pytorch_lightning.callbacks.{node}}}")
    with pytest.raises(ConfigError, match=message):
        build_callbacks(cfg, make_tasks(), tmp_path)


def test_what_is_no_callback_is_refused(cfg, tmp_path):
    cfg["x"] = {"_target_": "tests.training.small.make_tasks"}
    message = r"callbacks.x: tests.training.small.make_tasks is no pytorch_lightning.Call"
    with trusting(["tests"]), pytest.raises(ConfigError, match=message):
        build_callbacks(cfg, make_tasks(), tmp_path)


@pytest.mark.parametrize("metrics", [["val/loss"], ["val/kind/loss", "val/age/mae"]])
def test_a_trial_of_a_search_with_one_objective_may_be_pruned(cfg, tmp_path, metrics):
    objectives = [{"metric": metric, "direction": "min"} for metric in metrics]
    trial = Announcement("study.journal", "s", 3, objectives, "median")
    built = build_callbacks(cfg, make_tasks(), tmp_path, trial=trial)
    assert (built.pruning is not None) == (len(metrics) == 1)
    assert names(built) == [*JUDGES, *SAVES, *["PruneTrial"] * (len(metrics) == 1)]


def test_early_stopping_counts_validations_without_improvement(cfg, tmp_path):
    # A weight of 0 would be refused; min_delta makes every validation but the first one count as none.
    cfg["early_stopping"] = {"patience": 2, "min_delta": 1e9}
    built = build_callbacks(cfg, make_tasks(), tmp_path)
    trainer = make_trainer(tmp_path, callbacks=built.ordered, max_epochs=20)
    with quiet():
        trainer.fit(make_module(), loader([make_batch(4)]), loader([make_batch(4, 1)]))
    assert trainer.current_epoch == 3
    stopper = next(c for c in built.ordered if type(c).__name__ == "EarlyStopping")
    assert (stopper.monitor, stopper.mode) == (MONITOR, "min")


def test_the_mode_follows_the_metric(cfg, tmp_path):
    cfg["monitor"]["metric"] = "val/kind/accuracy"
    cfg["early_stopping"]["patience"] = 1
    built = build_callbacks(cfg, make_tasks(), tmp_path)
    assert built.checkpoints.goal.mode == "max"
    assert next(c for c in built.ordered if type(c).__name__ == "EarlyStopping").mode == "max"
