import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from hydra.core.global_hydra import GlobalHydra

from mmfusion.config.errors import ConfigError
from mmfusion.config.instantiate import trusting
from mmfusion.sweeps import process
from mmfusion.sweeps.multirun import multirun
from tests.helpers.waiting import PATIENCE, ended, until
from tests.runs.small_experiment import write_small_experiment


@pytest.fixture
def here(stand_in, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["/bin/mmfusion", "train", "-m", "as", "typed"])
    return tmp_path


def statuses(sweep):
    return {path.parent.name: json.loads(path.read_text())["status"] for path in sorted(sweep.glob("*/result.json"))}


def only_sweep(here):
    (sweep,) = here.glob("outputs/*/sweep.json")
    return sweep.parent


def test_each_combination_in_a_folder_of_its_own(here, capsys):
    assert multirun(["fusion=gated,concat", "seed=1,2", "head.hidden=[3]", "name=mine"])
    sweep = only_sweep(here)
    assert sweep.name.startswith("mine-")
    assert statuses(sweep) == dict.fromkeys("0123", "completed")
    jobs = [json.loads((sweep / str(n) / "job.json").read_text())["overrides"] for n in range(4)]
    assert jobs[1] == ["fusion=gated", "seed=2", "head.hidden=[3]", "name=mine"]
    assert jobs[2][:2] == ["fusion=concat", "seed=1"]
    about = json.loads((sweep / "sweep.json").read_text())
    assert about["kind"] == "grid"
    assert about["command"] == ["/bin/mmfusion", "train", "-m", "as", "typed"]
    assert "[4/4] completed" in capsys.readouterr().err
    assert not GlobalHydra.instance().is_initialized()


def test_the_same_command_again_runs_what_is_missing_or_failed(here, monkeypatch, capsys):
    command = ["seed=1,2,3", "hydra.sweep.dir=sweep", "name=mine"]
    lines = process.command_line

    def second_fails(words, job):
        return lines(words, job)[:-1] + (["do=die"] if "seed=2" in job.overrides else []) + lines(words, job)[-1:]

    monkeypatch.setattr(process, "command_line", second_fails)
    assert not multirun(command)
    assert statuses(here / "sweep") == {"0": "completed", "1": "failed", "2": "completed"}
    assert "failed: job 1 (seed=2 name=mine): the process ended with exit code 139" in capsys.readouterr().err
    monkeypatch.setattr(process, "command_line", lines)
    kept = (here / "sweep/0/result.json").stat().st_mtime_ns
    assert multirun(command)
    assert "2 of 3 jobs are there already; 1 to run" in capsys.readouterr().err
    assert (here / "sweep/0/result.json").stat().st_mtime_ns == kept
    assert json.loads((here / "sweep/attempts/1-1/result.json").read_text())["status"] == "failed"
    assert statuses(here / "sweep") == dict.fromkeys("012", "completed")
    # More seeds in another order: position is not identity.
    assert multirun(["seed=4,3,2,1", *command[1:]])
    assert json.loads((here / "sweep/3/job.json").read_text())["overrides"][0] == "seed=4"
    assert (here / "sweep/0/result.json").stat().st_mtime_ns == kept


def test_too_many_failures_end_the_sweep(here, capsys):
    command = ["name=x,y,z", "++tags=['do=1']", "hydra.sweep.dir=sweep", "hydra.launcher.max_failures=0"]
    lines = process.command_line
    process.command_line = lambda words, job: [*lines(words, job)[:-1], "do=fail", lines(words, job)[-1]]
    try:
        assert not multirun([*command, "hydra.launcher.jobs=1"])
    finally:
        process.command_line = lines
    assert statuses(here / "sweep") == {"0": "failed"}
    assert "0 of 3 jobs completed" in capsys.readouterr().err


def test_a_job_is_run_as_mmfusion_train_would_be(here, monkeypatch, tmp_path):
    mine = tmp_path / "mine"
    mine.mkdir()
    seen = []
    lines = process.command_line
    monkeypatch.setattr(process, "command_line", lambda words, job: seen.append(words) or lines(words, job))
    with trusting([]):
        multirun(["seed=3,4", "trusted_modules=[userpack]"], ["mine"])
    assert seen[0] == ["--config-dir", str(mine), "trusted_modules=[userpack]"]


def test_all_jobs_are_checked_before_the_first_starts(here):
    with pytest.raises(ConfigError, match=r"^job 1 \(fusion=gated fusion.align=True\): fusion.align: there is no such"):
        multirun(["fusion=concat,gated", "fusion.align=true"])
    with pytest.raises(ConfigError, match=r"fusion=gatd: group fusion has no option 'gatd'"):
        multirun(["fusion=concat,gatd"])
    with pytest.raises(ConfigError, match=r"not an override that can be read"):
        multirun(["fusion concat"])
    with pytest.raises(ConfigError, match=r"^seed=1,1: the value 1 is given twice"):
        multirun(["seed=1,1"])
    with pytest.raises(ConfigError, match=r"a grid takes choices, not an interval; a search does"):
        multirun(["optimizer.lr=interval(0.1,0.2)"])
    with pytest.raises(ConfigError, match=r"jbos"):
        multirun(["seed=1,2", "hydra.launcher.jbos=2"])
    assert not list(here.glob("outputs/*/*/job.json"))


FOLDS = ("data.split.column=null",)


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        (
            ["data.split.column=split,null"],
            r"^job 1 \(.*data.split.column=null\): data.split: expected either `column` or",
        ),
        (["data.split.folds=3", "data.split.fold=range(4)"], r"^job 3 .*: data.split.fold: expected 0 to 2 .* found 3"),
        (
            [*FOLDS, "data.split.folds=3,null", "data.split.ratio={train: 0.8, test: 0.2}"],
            "^job 0 .*either `ratio` or `folds`",
        ),
        (["data.split.val=val,null", "trainer.refit=true"], r"^job 1 .*: trainer.refit: .* no validation rows"),
        (["data.split.val=val,null", "callbacks.early_stopping.patience=3"], r"^job 1 .*: callbacks.early_stopping"),
        (
            ["data.split.val=val,null", "scheduler=plateau", "callbacks.monitor.metric=val/level/mae"],
            r"^job 1 .*:\n  scheduler: plateau goes by validation.*\n  callbacks.monitor.metric: ",
        ),
        (["data.split.val=null", "optimizer.lr=0.1,0.2", "hparams_search=optuna"], "a search goes by validation, and"),
        # what only the table shows
        (
            [
                *FOLDS,
                "data.split.val=null",
                "data.split.folds=groups",
                "data.split.group=flag",
                "data.split.fold=range(9)",
            ],
            r"^job 2 .*: data.split.fold: expected 0 to 1 \(no, yes\), found 2 \(6 more are wrong\)",
        ),
        (
            [
                *FOLDS,
                "data.split.folds=2,groups",
                "data.split.group=flag",
                "optimizer.lr=0.1,0.2",
                "hparams_search=optuna",
            ],
            r"^a trial with .*data.split.folds=2.*: small.csv, column 'flag': 1 groups cannot fill 2 splits",
        ),
    ],
)
def test_contradictions_of_the_split_are_found_before_the_first_job(here, typed, message):
    with pytest.raises(ConfigError, match=message):
        multirun(["experiment=small", *typed], [write_small_experiment(here)])
    assert not list(here.glob("outputs/*/*/job.json"))


def test_each_fold_is_a_job(here):
    split = ["data.split.column=null", "data.split.folds=3", "data.split.fold=range(3)"]
    multirun(["experiment=small", *split], [write_small_experiment(here)])
    jobs = [json.loads(path.read_text())["overrides"] for path in sorted(here.glob("outputs/*/*/job.json"))]
    assert [job[-1] for job in jobs] == ["data.split.fold=0", "data.split.fold=1", "data.split.fold=2"]


def test_a_wrong_job_can_fail_alone(here, capsys):
    command = ["fusion=concat,gated", "fusion.align=true", "hydra.sweep.dir=sweep"]
    assert not multirun([*command, "hydra.sweeper.invalid=fail"])
    assert statuses(here / "sweep") == {"0": "completed", "1": "failed"}
    error = json.loads((here / "sweep/1/result.json").read_text())["error"]
    assert error.startswith("ConfigError: fusion.align: there is no such key")


@pytest.mark.parametrize(
    "orders",
    [
        "callbacks: {evil: {_target_: pathlib.Path.touch, self: stolen}}",
        "job_logging: {handlers: {evil: {'()': os.system, command: touch stolen}}}",
        "job: {env_set: {PYTHONPATH: stolen}}",
    ],
)
def test_a_file_cannot_make_hydra_call_something(here, orders):
    experiment = Path("conf/experiment/evil.yaml")
    experiment.parent.mkdir(parents=True)
    experiment.write_text(f"# @package _global_\ndefaults:\n  - digits\n  - _self_\nhydra:\n  {orders}\n")
    with pytest.raises(ConfigError, match=rf"hydra.{orders.split(':')[0]}: a config file may set hydra."):
        multirun(["experiment=evil", "seed=1,2"])
    assert not Path("stolen").exists()
    assert not Path("outputs").exists()


WORKER = """
import sys
sys.path.insert(0, sys.argv[1])
from tests.sweeps.conftest import STAND_IN
from mmfusion.sweeps import process
lines = lambda words, job: [sys.executable, "-S", "-c", STAND_IN, *words, "do=hang", f"paths.run='{job.folder}'"]
process.command_line = lines
from mmfusion.cli import main
sys.exit(main(["train", "-m", "seed=1,2,3", "hydra.sweep.dir=sweep", "hydra.launcher.jobs=2"]))
"""


def test_ctrl_c_stops_the_jobs_too(tmp_path):
    root = str(Path(__file__).parents[2])
    sweep = subprocess.Popen([sys.executable, "-c", WORKER, root], cwd=tmp_path, env={**os.environ, "PYTHONPATH": root})
    with ended(sweep):
        until(lambda: len(list(tmp_path.glob("sweep/*/hanging"))) == 2)
        pids = [json.loads(path.read_text())["pid"] for path in tmp_path.glob("sweep/*/job.json")]
        sweep.send_signal(signal.SIGINT)
        assert sweep.wait(PATIENCE) == 130
    assert not any(psutil.pid_exists(pid) for pid in pids)
    assert statuses(tmp_path / "sweep") == {"0": "stopped", "1": "stopped"}


SHORT = """
import sys
from tests.sweeps.conftest import STAND_IN
from mmfusion.sweeps import process
# The later jobs take until the file `go` is there, so that the sweep is not over before it is killed.
wait = "import time, os\\nwhile not os.path.exists('go'): time.sleep(0.05)\\n"
def lines(words, job):
    program = STAND_IN if job.number < 12 else wait + STAND_IN
    return [sys.executable, "-S", "-c", program, *words, *job.overrides, f"paths.run='{job.folder}'"]
process.command_line = lines
from mmfusion.cli import main
axes = ["fusion=concat,gated,sum", "loss_weighting=equal,uncertainty,static", "seed=0,1,2"]
sys.exit(main(["train", "-m", *axes, "hydra.sweep.dir=sweep", "hydra.launcher.jobs=2"]))
"""


def test_a_grid_that_is_killed_is_completed_by_the_same_command(tmp_path):
    """3 × 3 × 3 jobs."""
    root = str(Path(__file__).parents[2])

    def begin():
        return subprocess.Popen([sys.executable, "-c", SHORT], cwd=tmp_path, env={**os.environ, "PYTHONPATH": root})

    with ended(begin()):
        until(lambda: len(completed_in(tmp_path / "sweep")) >= 9)
    (tmp_path / "go").touch()
    kept = {path: path.stat().st_mtime_ns for path in completed_in(tmp_path / "sweep")}
    assert 9 <= len(kept) < 27
    with ended(again := begin()):
        assert again.wait(PATIENCE) == 0
    assert statuses(tmp_path / "sweep") == {str(n): "completed" for n in range(27)}
    assert {path: path.stat().st_mtime_ns for path in kept} == kept, "what had completed is not run again"
    jobs = {tuple(json.loads(path.read_text())["overrides"]) for path in tmp_path.glob("sweep/*/job.json")}
    assert len(jobs) == 27


def completed_in(sweep):
    return [path for path in sweep.glob("*/result.json") if json.loads(path.read_text())["status"] == "completed"]
