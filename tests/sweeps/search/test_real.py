"""A search with real training; one that is killed: test_loop.py."""

import json
import os
from types import SimpleNamespace

import optuna
import pytest
import yaml
from optuna.trial import TrialState

from mmfusion.cli import main
from mmfusion.sweeps.search.study import OVERRIDES
from mmfusion.training.search.storage import open_storage
from tests.runs.small_experiment import write_small_experiment

pytestmark = pytest.mark.xdist_group("search")
# The low rate leaves the loss where it was, above the threshold; the high one brings it below within an epoch.
LOW, HIGH = 1e-6, 0.03
SEARCH = [
    *("experiment=small", "report.plots=false", "report.subsets=none", "hydra/sweeper=search"),
    *("trainer.max_epochs=3", f"optimizer.lr={LOW},{HIGH}", "hydra.sweep.dir=search"),
    *("hydra.sweeper.n_trials=9", "hydra.sweeper.sampler=grid", "hydra.launcher.jobs=2"),
    "hydra.sweeper.pruner={name: threshold, upper: 2.35, n_warmup_steps: 1}",
]


@pytest.fixture(scope="module")
def searched(tmp_path_factory, repo):
    """The folder of a search and its study."""
    path = tmp_path_factory.mktemp("real")
    write_small_experiment(path)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(path)
        patch.setenv("PYTHONPATH", os.pathsep.join([str(repo), os.environ.get("PYTHONPATH", "")]))
        assert main(["train", "-m", *SEARCH]) == 0
    storage = open_storage(str(path / "search" / "study.journal"))
    return SimpleNamespace(path=path / "search", study=optuna.load_study(study_name="search", storage=storage))


def test_trials_are_pruned_in_their_own_processes(searched):
    assert sorted(trial.params["optimizer.lr"] for trial in searched.study.trials) == [LOW, HIGH], "each of them once"
    for trial in searched.study.trials:
        folder = searched.path / str(trial.number)
        result = json.loads((folder / "result.json").read_text())
        is_low = trial.params["optimizer.lr"] == LOW
        assert trial.state == (TrialState.PRUNED if is_low else TrialState.COMPLETE)
        assert (result["status"], result["pruned"]) == (("stopped", True) if is_low else ("completed", False))
        assert list(trial.intermediate_values) == list(range(2 if is_low else 3))
        if is_low:
            assert result["error"].startswith("pruned after epoch 1: val/monitor was ")
        else:
            assert trial.value == result["monitor"]["best"] == min(trial.intermediate_values.values())
        assert yaml.safe_load((folder / "overrides.yaml").read_text())[-2] == trial.user_attrs[OVERRIDES][-1]
        assert json.loads((folder / "job.json").read_text())["trial"] == trial.number


def test_the_best_is_written(searched):
    assert yaml.safe_load((searched.path / "best.yaml").read_text()) == searched.study.best_trial.user_attrs[OVERRIDES]
