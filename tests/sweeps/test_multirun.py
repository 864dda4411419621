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


def test_too_many_failures_end_the_sweep(here, monkeypatch, capsys):
    lines = process.command_line
    monkeypatch.setattr(process, "command_line", lambda words, job: lines([*words, "do=fail"], job))
    options = ["hydra.sweep.dir=sweep", "hydra.launcher.max_failures=0", "hydra.launcher.jobs=1"]
    assert not multirun(["name=x,y,z", *options])
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


FOLDS = ("data.split.column=null", "data.split.val=null", "data.split.group=flag")


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        (["data.split.column=split,null"], r"^job 1 \(.*column=null\): data.split: expected either `column` or"),
        (
            ["data.split.val=val,null", "scheduler=plateau", "callbacks.monitor.metric=val/level/mae"],
            r"^job 1 .*:\n  scheduler: plateau goes by validation.*\n  callbacks.monitor.metric: ",
        ),
        (["data.split.val=null", "optimizer.lr=0.1,0.2", "hparams_search=optuna"], "a search goes by validation, and"),
        # what only the table shows
        (
            [*FOLDS, "data.split.folds=groups", "data.split.fold=range(1, 4)"],
            r"^job 1 .*: data.split.fold: expected 0 to 1 \(no, yes\), found 2 \(1 more are wrong\)",
        ),
        (
            [*FOLDS[::2], "data.split.folds=2,groups", "optimizer.lr=0.1,0.2", "hparams_search=optuna"],
            r"^a trial with .*data.split.folds=2.*: small.csv, column 'flag': 1 groups cannot fill 2 splits",
        ),
    ],
)
def test_contradictions_of_the_split_are_found_before_the_first_job(here, typed, message):
    with pytest.raises(ConfigError, match=message):
        multirun(["experiment=small", *typed], [write_small_experiment(here)])
    assert not list(here.glob("outputs/*/*/job.json"))


@pytest.mark.parametrize(
    "section",
    [
        "callbacks: {evil: {_target_: pathlib.Path.touch, self: stolen}}",
        "job_logging: {handlers: {evil: {'()': os.system, command: touch stolen}}}",
        "job: {env_set: {PYTHONPATH: stolen}}",
    ],
)
def test_a_file_of_any_job_cannot_make_hydra_call_something(here, section):
    experiment = Path("conf/experiment/evil.yaml")
    experiment.parent.mkdir(parents=True)
    experiment.write_text(f"# @package _global_\ndefaults:\n  - digits\n  - _self_\nhydra:\n  {section}\n")
    refused = f"hydra.{section.split(':')[0]}: a config file may set hydra."
    with pytest.raises(ConfigError, match=rf"^{refused}"):
        multirun(["experiment=evil", "seed=1,2"])
    with pytest.raises(ConfigError, match=rf"^job 1 \(experiment=evil\): {refused}"):
        multirun(["experiment=digits,evil"])
    assert not Path("outputs").exists()
    assert not multirun(["experiment=digits,evil", "hydra.sweeper.invalid=fail", "hydra.sweep.dir=sweep"])
    assert statuses(here / "sweep") == {"0": "completed", "1": "failed"}
    assert refused in json.loads((here / "sweep/1/result.json").read_text())["error"]
    assert not Path("stolen").exists()


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
