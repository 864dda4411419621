"""Sweeps through the launchers of others: really launched, with a stand-in for what a job's interpreter would train."""

import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from importlib.util import find_spec

import psutil
import pytest

from mmfusion.cli import main
from mmfusion.config.errors import ConfigError
from mmfusion.store.owner import is_gone
from mmfusion.sweeps.multirun import multirun
from mmfusion.training.search.trial import TRIAL_VARIABLE
from tests.helpers.waiting import PATIENCE, ended, until
from tests.sweeps.conftest import STAND_IN

# Python runs this before anything else in each interpreter: in a job's own, the stand-in takes mmfusion's place.
SITE = """
import os, sys
if "MMFUSION_JOB" in os.environ and sys.orig_argv[1:4] == ["-m", "mmfusion", "train"]:
    sys.argv = ["mmfusion", *sys.orig_argv[4:]]
    exec(compile({stand_in!r}, "stand_in", "exec"))
    sys.stdout.flush()
    os._exit(0)
"""
RAY = ["hydra.launcher.ray.init.include_dashboard=false", "++hydra.launcher.ray.init.num_cpus=2"]


def needs(launcher):
    name = f"hydra_plugins.hydra_{launcher.split('_')[0]}_launcher"
    if launcher != "process" and find_spec(name) is None:
        pytest.skip(f"{name} is not installed")


def begin(launcher, path, repo, stand_in, *words):
    """A sweep in that folder, through that launcher."""
    needs(launcher)
    (path / "site").mkdir()
    (path / "site" / "sitecustomize.py").write_text(SITE.format(stand_in=stand_in))
    environment = {k: v for k, v in os.environ.items() if not k.startswith("RAY_")}
    environment |= {"PYTHONPATH": f"{path / 'site'}{os.pathsep}{repo}", "RAY_worker_niceness": "0"}
    environment |= {"RAY_USAGE_STATS_ENABLED": "0", "RAY_AUTH_MODE": "disabled"}
    command = [sys.executable, "-m", "mmfusion", "train", "-m", *words, f"hydra/launcher={launcher}"]
    with (path / "printed").open("w") as file:
        return subprocess.Popen(
            command, cwd=path, env=environment, stdout=file, stderr=file, start_new_session=True
        )  # as of a terminal, where Ctrl-C reaches workers too


def printed(path):
    return (path / "printed").read_text()


HANGS = STAND_IN.replace('words.get("do", "complete")', '"hang"')


@pytest.mark.parametrize(
    ("launcher", "how"),
    [
        ("joblib", "SIGKILL"),
        ("submitit_local", "SIGINT"),
        pytest.param("joblib", "SIGINT", marks=pytest.mark.full),
        pytest.param("submitit_local", "SIGKILL", marks=pytest.mark.full),
    ],
)
def test_nothing_is_left_of_a_sweep_that_is_stopped(launcher, how, tmp_path, repo):
    """A sweep of three jobs of which two are at work (submitit has no limit), with all that it has started."""
    sweep = begin(launcher, tmp_path, repo, HANGS, "seed=1,2,3", "hydra.sweep.dir=sweep")
    below = []
    try:
        until(
            lambda: sweep.poll() is not None or len(list(tmp_path.glob("sweep/*/hanging"))) >= 2,
            lambda: printed(tmp_path),
        )
        assert sweep.poll() is None, printed(tmp_path)
        below = psutil.Process(sweep.pid).children(recursive=True)
        (os.killpg if how == "SIGINT" else os.kill)(sweep.pid, signal.Signals[how])
        assert sweep.wait(PATIENCE) == {"SIGINT": 130, "SIGKILL": -9}[how], printed(tmp_path)
        assert psutil.wait_procs(below, timeout=PATIENCE)[1] == []
    finally:
        for process in [sweep, *below]:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        sweep.wait()
    for job in tmp_path.glob("sweep/*/hanging"):
        result = json.loads((job.parent / "result.json").read_text())
        assert result["status"] == "stopped"
        assert result["error"] in ("the sweep was stopped", "stopped by SIGTERM")


@pytest.mark.full
def test_of_a_job_whose_worker_was_killed_the_result_says_so(tmp_path, repo):
    sweep = begin("joblib", tmp_path, repo, HANGS, "seed=1", "hydra.sweep.dir=sweep")
    try:
        until(lambda: (tmp_path / "sweep/0/hanging").exists(), lambda: printed(tmp_path))
        about = json.loads((tmp_path / "sweep/0/job.json").read_text())
        os.kill(about["worker"]["pid"], signal.SIGKILL)
        assert sweep.wait(PATIENCE) == 1
    finally:
        sweep.kill()
        sweep.wait()
    result = json.loads((tmp_path / "sweep/0/result.json").read_text())
    assert result["status"] == "failed"
    assert result["error"].startswith("its worker died: TerminatedWorkerError: ")
    assert "failed: job 0 (seed=1): its worker died" in printed(tmp_path)
    assert is_gone(about, (), None), "nor is the job left"


SEARCH = ["hydra/sweeper=search", "hydra.sweeper.sampler=grid", "hydra.sweeper.n_trials=2"]


@pytest.mark.parametrize(
    ("launcher", "more"),
    [("joblib", SEARCH), ("submitit_local", []), pytest.param("ray", RAY, marks=pytest.mark.full)],
)
def test_two_jobs_of_a_grid_or_a_search_run_through_it(launcher, more, tmp_path, repo):
    words = ["~task.largest", "tags=[a,b]", "head.dropout=0.1,0.2", "hydra.sweep.dir='a sweep'"]
    sweep = begin(launcher, tmp_path, repo, STAND_IN, *words, *more)
    with ended(sweep):
        assert sweep.wait(PATIENCE) == 0, printed(tmp_path)
    assert ("2 of 2 trials finished" if more == SEARCH else "2 of 2 jobs completed") in printed(tmp_path)
    assert "validated against ConfigStore" not in printed(tmp_path)
    jobs = [json.loads((tmp_path / "a sweep" / str(n) / "job.json").read_text()) for n in range(2)]
    assert sorted(job["overrides"] for job in jobs) == [[*words[:2], f"head.dropout={p}"] for p in ("0.1", "0.2")]
    for number, job in enumerate(jobs):
        folder = tmp_path / "a sweep" / str(number)
        received = json.loads((folder / "result.json").read_text())["environment"]
        assert (received["MMFUSION_SWEEP"], received["MMFUSION_JOB"]) == ("a sweep", job["hash"])
        assert (TRIAL_VARIABLE in received) == (more == SEARCH)
        assert job["trial"] == (number if more == SEARCH else None)
        assert "hello from" in (folder / "log.txt").read_text()


@pytest.mark.parametrize(
    ("launcher", "option", "message"),
    [
        ("submitit_slurm", "partitoin=gpu", r"partitoin: there is no such key; did you mean 'partition'"),
        ("submitit_slurm", "timeout_min=long", r"hydra.launcher.timeout_min: must be a whole number, found the string"),
        ("submitit_local", "mem=4", r"hydra.launcher.mem: there is no such key; .*mem_gb"),
        ("joblib", "jobs=4", r"hydra.launcher.jobs: there is no such key; .*n_jobs"),
        ("ray", "rya=4", r"hydra.launcher.rya: there is no such key; did you mean 'ray'"),
        *(
            ("process", option, rf"^hydra.launcher.{option.split('=')[0]}: must be .* of at least [01].*, found [0-]")
            for option in ("jobs=0", "gpus_per_job=-1", "timeout_s=-1", "max_failures=-1", "grace_s=-5")
        ),
        ("process", "n_jobs=4", r"hydra.launcher.n_jobs: there is no such key; .*jobs"),
    ],
)
def test_an_option_that_it_does_not_have_is_named(launcher, option, message, tmp_path, monkeypatch):
    needs(launcher)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=message):
        multirun(["seed=1,2", f"hydra/launcher={launcher}", f"hydra.launcher.{option}"])
    assert not list(tmp_path.iterdir())


def test_slurm_is_given_what_was_asked(tmp_path, monkeypatch, capsys):
    """There is no SLURM here; what submitit would hand to `sbatch` is."""
    needs("submitit_slurm")
    import submitit

    seen = {}

    class Executor:
        def __init__(self, folder, cluster, **options):
            seen.update(folder=folder, cluster=cluster, **options)

        def update_parameters(self, **options):
            from submitit.slurm.slurm import SlurmExecutor

            slurm = {key.removeprefix("slurm_"): value for key, value in options.items()}
            assert (
                set(slurm) - {"timeout_min", "cpus_per_task", "mem_gb", "name", "tasks_per_node"}
                <= SlurmExecutor._valid_parameters()
            )
            seen.update(options)

        def map_array(self, function, overrides, *_):
            seen["overrides"] = overrides
            raise KeyboardInterrupt

    monkeypatch.setattr(submitit, "AutoExecutor", Executor)
    monkeypatch.chdir(tmp_path)
    options = ["partition=gpu", "gpus_per_node=2", "cpus_per_task=8", "mem_gb=32", "timeout_min=90"]
    options += [
        "array_parallelism=4",
        "setup=['module load cuda']",
        "additional_parameters={mail-user: me@example.org}",
    ]
    words = ["seed=1,2", "hydra/launcher=submitit_slurm", *(f"hydra.launcher.{item}" for item in options)]
    assert main(["train", "-m", *words, "hydra.sweep.dir=sweep"]) == 130
    assert seen["cluster"] == "slurm"
    assert seen["folder"] == f"{tmp_path}/sweep/.submitit/%j"
    assert (seen["slurm_partition"], seen["gpus_per_node"], seen["mem_gb"], seen["timeout_min"]) == ("gpu", 2, 32, 90)
    assert seen["slurm_setup"] == ["module load cuda"]
    assert seen["slurm_additional_parameters"] == {"mail-user": "me@example.org"}
    assert [item[0] for item in seen["overrides"]] == ["++seed=1", "++seed=2"]


def test_a_launcher_that_is_not_installed(monkeypatch):
    monkeypatch.setattr("mmfusion.sweeps.multirun.find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=r"hydra/launcher=ray needs a plugin: pip install 'mmfusion\[ray\]'"):
        multirun(["seed=1,2", "hydra/launcher=ray"])
