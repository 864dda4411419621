import json
from types import SimpleNamespace

import optuna
import pytest
import torch
from optuna.trial import TrialState
from pytorch_lightning.trainer.states import TrainerFn

from mmfusion.cli import main
from mmfusion.config.errors import ConfigError
from mmfusion.training.callbacks.monitor import Goal, Monitor
from mmfusion.training.callbacks.pruning import PruneTrial
from mmfusion.training.search.storage import close_storage, open_storage
from mmfusion.training.search.trial import Announcement
from tests.helpers.forks import finish, log, start_ranks
from tests.runs.small_experiment import write_small_experiment
from tests.training.small import QUIET, loader, make_batch, make_module, make_trainer

pytestmark = QUIET
METRIC = "val/loss"


@pytest.fixture
def study(tmp_path):
    """A study in which three trials were very good at every step."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(study_name="s", storage=open_storage(str(tmp_path / "study.journal")))
    for _ in range(3):
        trial = study.ask()
        for step in range(10):
            trial.report(-100.0, step)
        study.tell(trial, -100.0)
    return study


def announcement(study, tmp_path, pruner="none", metric=METRIC):
    number = study.ask().number
    objectives = [{"metric": metric, "direction": "min"}]
    return Announcement(str(tmp_path / "study.journal"), "s", number, objectives, pruner)


MEDIAN = {"name": "median", "n_startup_trials": 2, "n_warmup_steps": 2}


def fit(tmp_path, callback, **options):
    trainer = make_trainer(tmp_path, max_epochs=5, callbacks=[Monitor(Goal({METRIC: 1.0}, "min")), callback], **options)
    batches = loader([make_batch(8, seed) for seed in range(4)])
    trainer.fit(make_module(), batches, batches)
    return trainer


def test_each_validation_is_reported_as_a_step(study, tmp_path):
    callback = PruneTrial(announcement(study, tmp_path, metric="val/monitor"))
    trainer = fit(tmp_path, callback, num_sanity_val_steps=2, val_check_interval=0.5)
    assert callback.reason is None
    reported = study.trials[3].intermediate_values
    assert list(reported) == list(range(10)), "two validations an epoch, and none of the rehearsal"
    assert reported[9] == pytest.approx(float(trainer.callback_metrics[METRIC]))
    assert study.trials[3].state == TrialState.RUNNING, "how it ended is for the search to say"


def test_the_run_stops_when_the_pruner_wants_it(study, tmp_path):
    callback = PruneTrial(announcement(study, tmp_path, MEDIAN))
    trainer = fit(tmp_path, callback)
    callback.on_validation_end(trainer, trainer.lightning_module)  # once it is pruned nothing more is reported
    assert list(study.trials[3].intermediate_values) == [0, 1, 2]
    assert trainer.current_epoch == 3
    assert callback.reason.startswith("pruned after epoch 2: val/loss was ")


def test_a_study_that_is_gone_does_not_end_the_run(study, tmp_path, capsys):
    callback = PruneTrial(announcement(study, tmp_path, MEDIAN))
    (tmp_path / "study.journal").unlink()
    trainer = fit(tmp_path, callback)
    assert trainer.current_epoch == 5
    assert capsys.readouterr().err.count("the study cannot be reached, so this run is not pruned") == 1


def test_a_metric_that_is_not_logged_is_named(study, tmp_path):
    callback = PruneTrial(announcement(study, tmp_path, metric="val/lossy"))
    with pytest.raises(ConfigError, match=r"'val/lossy' was not logged; did you mean 'val/loss'"):
        fit(tmp_path, callback)


def rank(callback, is_zero, decided, value=5.0):
    """One rank at the end of a validation; `decided` is what rank 0 sends to all."""
    sent = []

    def broadcast(wanted):
        sent.append(wanted)
        return wanted if is_zero else decided

    trainer = SimpleNamespace(
        sanity_checking=False, state=SimpleNamespace(fn=TrainerFn.FITTING), is_global_zero=is_zero, current_epoch=0,
        strategy=SimpleNamespace(broadcast=broadcast), callback_metrics={METRIC: torch.tensor(value)}, should_stop=False
    )  # fmt: skip
    callback.on_validation_end(trainer, None)
    return trainer.should_stop, sent


@pytest.mark.parametrize("decided", [True, False])
def test_all_ranks_do_what_rank_0_decides(study, tmp_path, decided):
    pruner = {"name": "threshold", "upper": 1.0 if decided else 9.0}
    announced = announcement(study, tmp_path, pruner)
    first, second = PruneTrial(announced), PruneTrial(announced)
    assert rank(first, True, None) == (decided, [decided])
    assert rank(second, False, decided) == (decided, [False])
    assert (first.reason is not None) == (second.reason is not None) == decided
    assert study.trials[3].intermediate_values == {0: 5.0}, "rank 0 alone reports"


def test_a_resumed_run_goes_on_counting_and_reports_no_nan(study, tmp_path):
    announced = announcement(study, tmp_path)
    first, second = PruneTrial(announced), PruneTrial(announced)
    rank(first, True, None)
    second.load_state_dict(first.state_dict())
    rank(second, True, None, value=float("nan"))
    rank(second, True, None)
    assert list(study.trials[3].intermediate_values) == [0, 2]


@pytest.mark.xdist_group("forks")
def test_all_ranks_of_a_pruned_run_stop_together(tmp_path, monkeypatch):
    storage = f"sqlite:///{tmp_path / 'study.db'}"
    study = optuna.create_study(study_name="s", storage=open_storage(storage))
    number = study.ask().number
    objectives = [{"metric": "val/monitor", "direction": "min"}]
    trial = Announcement(storage, "s", number, objectives, {"name": "threshold", "upper": 0.0})
    for name, value in trial.environment().items():
        monkeypatch.setenv(name, value)
    write_small_experiment(tmp_path, 40)
    words = ["train", "experiment=small", "trainer=ddp", "trainer.accelerator=cpu", "trainer.max_epochs=2"]
    words += ["data.loader.batch_size=16", "report.plots=false", "report.baselines=false", "paths.run=run"]
    # A rank that went on would wait for the other.
    assert finish(start_ranks(main, [(words,)] * 2, tmp_path)) == [0, 0], log(tmp_path, 0)
    result = json.loads((tmp_path / "run" / "result.json").read_text())
    assert (result["status"], result["pruned"], result["cost"]["processes"]) == ("stopped", True, 2)
    assert list(study.trials[number].intermediate_values) == [0], "rank 0 alone has reported"
    close_storage(study._storage)
