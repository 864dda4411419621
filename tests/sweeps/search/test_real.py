"""A search with real training, killed in the middle and completed through another launcher."""

import json
import os
import re
import signal
import subprocess
import sys
from types import SimpleNamespace

import optuna
import pytest
import yaml
from optuna.trial import TrialState

from mmfusion.sweeps.search.study import OVERRIDES, RETRY
from mmfusion.training.search.storage import open_storage
from tests.helpers.waiting import PATIENCE, until
from tests.runs.small_experiment import write_small_experiment

pytestmark = pytest.mark.xdist_group("search")
SMALL = ["experiment=small", "report.plots=false", "report.subsets=none"]
# The low rate leaves the loss where it was, above the threshold; the high one brings it below within an epoch.
LOW, HIGH = 1e-6, 0.03
SEARCH = [
    *("trainer.max_epochs=3", f"optimizer.lr={LOW},{HIGH}", "hydra/sweeper=search"),
    *("hydra.sweep.dir=search", "hydra.sweeper.n_trials=9", "hydra.sweeper.sampler=grid"),
    "hydra.sweeper.pruner={name: threshold, upper: 2.35, n_warmup_steps: 1}",
]
JOBLIB = ["hydra/launcher=joblib", "hydra.sweeper.batch_size=2"]


@pytest.fixture(scope="module")
def begin(tmp_path_factory, repo):
    """Starts `mmfusion train` with these words in a folder with a small table; says what it has said so far."""
    path = tmp_path_factory.mktemp("real")
    write_small_experiment(path)
    processes = []

    def started(*words, **more):
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("MMFUSION")}
        python_path = os.pathsep.join([str(repo), os.environ.get("PYTHONPATH", "")])
        environment = {**inherited, "PYTHONPATH": python_path, **more}
        with (path / f"said{len(processes)}").open("w") as file:
            command = [sys.executable, "-m", "mmfusion", "train", *words]
            process = subprocess.Popen(command, cwd=path, stderr=file, stdout=file, env=environment)
        processes.append(process)
        return SimpleNamespace(process=process, path=path, printed=lambda: (path / file.name).read_text())

    yield started
    for process in processes:
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def searched(begin):
    """The folder of a search whose process was killed during the second trial, and what the next one said."""
    first = begin("-m", *SMALL, *SEARCH, "hydra.launcher.jobs=1")

    def has_begun():
        return "[1/2]" in first.printed() and (first.path / "search/1/job.json").exists()

    until(lambda: has_begun() or first.process.poll() is not None, first.printed)
    assert first.process.poll() is None, first.printed()
    first.process.send_signal(signal.SIGKILL)
    first.process.wait()
    second = begin("-m", *SMALL, *SEARCH, *JOBLIB)
    assert second.process.wait(timeout=PATIENCE) == 0, second.printed()
    name = str(second.path / "search" / "study.journal")
    study = optuna.load_study(study_name="search", storage=open_storage(name))
    return SimpleNamespace(path=second.path / "search", printed=second.printed(), study=study)


def test_a_search_that_was_killed_goes_on_where_it_was(searched):
    finished = [trial for trial in searched.study.trials if trial.state in (TrialState.COMPLETE, TrialState.PRUNED)]
    assert sorted(trial.params["optimizer.lr"] for trial in finished) == [LOW, HIGH], "each of them once"
    repeated = {trial.user_attrs[RETRY] for trial in finished if RETRY in trial.user_attrs}
    failed = {trial.number for trial in searched.study.trials if trial.state == TrialState.FAIL}
    assert repeated == failed <= {1}, "a machine that stands still for long may let it end before it is killed"
    assert len(searched.study.trials) == 2 + len(failed), "and nothing is left at work or waiting"
    folders = {int(path.parent.name) for path in searched.path.glob("*/result.json")}
    assert folders == {trial.number for trial in finished}, "what was interrupted lies in attempts/"


def test_trials_are_pruned_in_their_own_processes(searched):
    for trial in searched.study.trials:
        if trial.state == TrialState.FAIL:
            continue
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


def test_at_the_end_stands_what_it_has_come_to(searched):
    best = searched.study.best_trial
    assert yaml.safe_load((searched.path / "best.yaml").read_text()) == best.user_attrs[OVERRIDES]
    assert re.search(r"mmfusion: the study has [12] finished trials; [01] to go\n", searched.printed)
    assert "mmfusion: 2 of 2 trials finished, 1 of them pruned; study search in search\n" in searched.printed
    assert f"mmfusion: best: trial {best.number}, val/monitor {best.value:.6g}\n" in searched.printed
    assert "mmfusion:   train it again: mmfusion train @search/best.yaml\n" in searched.printed
    assert "mmfusion: compare them: mmfusion compare search\n" in searched.printed
