"""Several sweepers on one study, and what is left of one that was killed."""

import json
import multiprocessing
import os
import shutil
import socket
import subprocess
import sys
import time

import pytest
from optuna.trial import TrialState

from mmfusion.store.owner import identity
from mmfusion.sweeps.search import loop
from mmfusion.sweeps.search.active_trial import ActiveTrial, jobs_of
from tests.sweeps.search.fake_pool import GONE, by_x, completed, in_a_process, make, open_study, states

COMPLETE, PRUNED, FAIL, RUNNING = TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL, TrialState.RUNNING


def left_behind(tmp_path, owner, result, seeds=None):
    """A trial at work, of a process that may be gone, whose job has that result."""
    _, space, sampling, study, folder = open_study(tmp_path, {"x": "interval(0, 1)"}, seeds=seeds)
    trial = study.ask(sampling, 99, owner)
    overrides = study.parameters(trial, space, ["base=1"])
    job = next(iter(jobs_of(folder, trial.number, overrides, seeds).values()))
    folder.prepare(job)
    (job.folder / "result.json").write_text(json.dumps(result))
    return trial.params


def test_parameters_of_a_killed_sweeper_are_tried_again(tmp_path, capsys):
    params = left_behind(tmp_path, GONE, {"status": "running"})
    search = make(tmp_path, n_trials=1)
    search.run()
    assert states(search) == [FAIL, COMPLETE]
    assert search.study.trials()[1].params == params
    assert (tmp_path / "attempts/0-1").exists()
    assert "trial 0 was left unfinished and is tried again" in capsys.readouterr().err


def test_a_result_that_a_killed_sweeper_did_not_tell_is_told(tmp_path):
    left_behind(tmp_path, GONE, completed(0.25))
    left_behind(tmp_path, GONE, {"status": "stopped", "pruned": True, "error": "pruned after epoch 1"})
    search = make(tmp_path, n_trials=2)
    search.run()
    assert search.runner.started == []
    assert states(search) == [COMPLETE, PRUNED]
    assert search.study.trials()[0].value == 0.25


def test_a_trial_that_another_sweeper_works_on_is_left_alone(tmp_path, monkeypatch, capsys):
    parent = {"host": socket.gethostname(), "pid": os.getppid(), "born": None}
    left_behind(tmp_path, parent, {"status": "running"})
    left_behind(tmp_path, {"host": "elsewhere", "pid": 1, "born": "x"}, {"status": "running"})
    search = make(tmp_path, n_trials=3, timeout_s=60)
    monkeypatch.setattr(loop, "POLL", 60)
    monkeypatch.setattr(time, "sleep", lambda _: setattr(search, "_until", 0.0))
    search.run()
    assert states(search) == [RUNNING, RUNNING, COMPLETE], "those at work count"
    printed = capsys.readouterr().err
    assert f"waiting for trial 0, which process {os.getppid()} on {socket.gethostname()} has begun" in printed
    assert "waiting for trial 1" not in printed, "nobody here can tell whether it was left"
    search = make(tmp_path, n_trials=2, stale_after_s=0)
    search.run()
    assert states(search)[:2] == [RUNNING, FAIL], "nothing was written there for so long"


def test_a_sweeper_waits_for_the_others_and_takes_over_what_they_leave(tmp_path, monkeypatch, capsys):
    params = left_behind(tmp_path, {**GONE, "born": identity()["born"], "pid": os.getppid()}, {"status": "running"})
    search = make(tmp_path, n_trials=1)
    monkeypatch.setattr(time, "sleep", lambda _: monkeypatch.setattr(loop, "is_gone", lambda *_: True))
    monkeypatch.setattr(loop, "is_gone", lambda *_: False)
    search.run()
    assert states(search) == [FAIL, COMPLETE]
    assert search.study.trials()[1].params == params
    assert capsys.readouterr().err.count("waiting for trial 0") == 1


def test_a_job_that_outlives_its_sweeper_is_let_end_and_told(tmp_path, monkeypatch):
    params = left_behind(tmp_path, GONE, {"status": "running"})
    job = tmp_path / "0"
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    (job / "job.json").write_text(json.dumps(identity(process.pid)))
    search = make(tmp_path, n_trials=1)

    def later(_):
        (job / "result.json").write_text(json.dumps(completed(0.25)))
        process.communicate(b"\n")

    monkeypatch.setattr(loop.time, "sleep", later)
    search.run()
    assert search.runner.started == []
    assert [(trial.state, trial.value, trial.params) for trial in search.study.trials()] == [(COMPLETE, 0.25, params)]


def test_a_trial_of_another_host_that_may_be_left_is_waited_for(tmp_path, monkeypatch):
    left_behind(tmp_path, {"host": "elsewhere", "pid": 1, "born": "x"}, {"status": "running"})
    search = make(tmp_path, n_trials=1, stale_after_s=3600)

    now = time.time
    later = lambda _: monkeypatch.setattr(time, "time", lambda: now() + 2 * 3600)  # noqa: E731
    monkeypatch.setattr(time, "sleep", later)
    search.run()
    assert states(search) == [FAIL, COMPLETE]


@pytest.mark.parametrize("seeds", [None, [0, 1]])
def test_a_trial_of_another_host_that_has_just_begun_is_left_alone(tmp_path, seeds):
    left_behind(tmp_path, {"host": "elsewhere", "pid": 1, "born": "x"}, {"status": "running"}, seeds)
    shutil.rmtree(tmp_path / "0")
    search = make(tmp_path, n_trials=2, seeds=seeds, stale_after_s=60)
    search.take_over()
    assert states(search) == [RUNNING]


def test_seeds_after_the_first_show_that_a_trial_is_at_work(tmp_path, monkeypatch):
    left_behind(tmp_path, {"host": "elsewhere", "pid": 1, "born": "x"}, completed(0.5), [0, 1])
    (tmp_path / "1").mkdir()
    now = time.time() + 2 * 3600
    os.utime(tmp_path / "1", (now, now))
    monkeypatch.setattr(time, "time", lambda: now)
    search = make(tmp_path, n_trials=2, seeds=[0, 1], stale_after_s=3600)
    search.take_over()
    assert states(search) == [RUNNING]


def test_who_lost_a_trial_to_another_sweeper_goes_on(tmp_path):
    """It was taken for left behind: a machine that stood still, a folder that could not be reached."""

    def taken(job, announced):
        if job.number == 0:
            search.study.give_back(0, "taken over")
        return by_x(job, announced)

    search = make(tmp_path, taken, n_trials=2, slots=1)
    search.run()
    assert states(search) == [FAIL, COMPLETE, COMPLETE]


def test_jobs_that_still_run_on_other_hosts_are_let_be(tmp_path):
    """Whose sweeper was killed here, or pressed Ctrl-C, and whose jobs a scheduler has put elsewhere."""
    left_behind(tmp_path, GONE, {"status": "running"})
    (tmp_path / "0/job.json").write_text(json.dumps({"host": "elsewhere", "pid": 1, "born": "x"}))
    search = make(tmp_path, n_trials=1)
    assert search.take_over() == 0
    trial = search.study.trials()[0]
    overrides = trial.user_attrs["overrides"]
    search._give_back(ActiveTrial(search.study.handle(trial), overrides, jobs_of(search.sweep, 0, overrides, None)))
    assert states(search) == [RUNNING]
    assert (tmp_path / "0/result.json").exists()
    (tmp_path / "0/result.json").write_text(json.dumps(completed(0.25)))
    search.run()
    assert search.runner.started == []
    assert [trial.value for trial in search.study.trials()] == [0.25]


def test_several_sweepers_share_one_study(tmp_path):
    make(tmp_path, n_trials=1).run()
    spawn = multiprocessing.get_context("spawn")
    processes = [spawn.Process(target=in_a_process, args=(tmp_path, 13)) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
        assert process.exitcode == 0
    search = make(tmp_path, n_trials=13)
    assert states(search) == [COMPLETE] * 13
    assert len({trial.params["x"] for trial in search.study.trials()}) == 13
    assert len({trial.user_attrs["sweeper"]["pid"] for trial in search.study.trials()}) >= 2
    assert sorted(int(path.parent.name) for path in tmp_path.glob("*/result.json")) == list(range(13))
    assert not (tmp_path / "attempts").exists()
