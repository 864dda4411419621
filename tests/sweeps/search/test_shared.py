"""Several sweepers on one study, and what is left of one that was killed."""

import json
import multiprocessing
import os
import socket
import subprocess
import sys
import time

from optuna.trial import TrialState

from mmfusion.sweeps.search import sweep
from mmfusion.sweeps.search.owner import identity
from mmfusion.sweeps.search.work import jobs_of
from tests.sweeps.search.fakes import GONE, completed, in_a_process, make, open_book, states

COMPLETE, PRUNED, FAIL, RUNNING = TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL, TrialState.RUNNING


def left_behind(tmp_path, owner, result, seeds=None):
    """A trial at work, of a process that may be gone, whose job has that result."""
    _, space, sampling, book, folder = open_book(tmp_path, {"x": "interval(0, 1)"}, seeds=seeds)
    trial = book.ask(sampling, 99, owner)
    overrides = book.parameters(trial, space, ["base=1"])
    job = next(iter(jobs_of(folder, trial.number, overrides, seeds).values()))
    folder.prepare(job)
    (job.folder / "result.json").write_text(json.dumps(result))
    return trial.params


def test_parameters_of_a_killed_sweeper_are_tried_again(tmp_path, capsys):
    params = left_behind(tmp_path, GONE, {"status": "running"})
    search = make(tmp_path, n_trials=1)
    search.run()
    assert states(search) == [FAIL, COMPLETE]
    assert search.book.trials()[1].params == params
    assert (tmp_path / "attempts/0-1").exists()
    assert "trial 0 was left unfinished and is tried again" in capsys.readouterr().err


def test_a_result_that_a_killed_sweeper_did_not_tell_is_told(tmp_path):
    left_behind(tmp_path, GONE, completed(0.25))
    left_behind(tmp_path, GONE, {"status": "stopped", "pruned": True, "error": "pruned after epoch 1"})
    search = make(tmp_path, n_trials=2)
    search.run()
    assert search.runner.started == []
    assert states(search) == [COMPLETE, PRUNED]
    assert search.book.trials()[0].value == 0.25


def test_a_trial_that_another_sweeper_works_on_is_left_alone(tmp_path, monkeypatch, capsys):
    parent = {"host": socket.gethostname(), "pid": os.getppid(), "born": None}
    left_behind(tmp_path, parent, {"status": "running"})
    left_behind(tmp_path, {"host": "elsewhere", "pid": 1, "born": "x"}, {"status": "running"})
    search = make(tmp_path, n_trials=3, timeout_s=60)
    monkeypatch.setattr(sweep, "POLL", 60)
    monkeypatch.setattr(time, "sleep", lambda _: setattr(search, "_until", 0.0))
    search.run()
    assert states(search) == [RUNNING, RUNNING, COMPLETE], "those at work count"
    said = capsys.readouterr().err
    assert f"waiting for trial 0, which process {os.getppid()} on {socket.gethostname()} has begun" in said
    assert "waiting for trial 1" not in said, "nobody here can tell whether it was left"
    search = make(tmp_path, n_trials=2, stale_after_s=0)
    search.run()
    assert states(search)[:2] == [RUNNING, FAIL], "nothing was written there for so long"


def test_a_sweeper_waits_for_the_others_and_takes_over_what_they_leave(tmp_path, monkeypatch, capsys):
    params = left_behind(tmp_path, {**GONE, "born": identity()["born"], "pid": os.getppid()}, {"status": "running"})
    search = make(tmp_path, n_trials=1)
    monkeypatch.setattr(time, "sleep", lambda _: monkeypatch.setattr(sweep, "is_gone", lambda *_: True))
    monkeypatch.setattr(sweep, "is_gone", lambda *_: False)
    search.run()
    assert states(search) == [FAIL, COMPLETE]
    assert search.book.trials()[1].params == params
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

    monkeypatch.setattr(sweep.time, "sleep", later)
    search.run()
    assert search.runner.started == []
    assert [(trial.state, trial.value, trial.params) for trial in search.book.trials()] == [(COMPLETE, 0.25, params)]


def test_a_trial_of_another_host_that_may_be_left_is_waited_for(tmp_path, monkeypatch):
    left_behind(tmp_path, {"host": "elsewhere", "pid": 1, "born": "x"}, {"status": "running"})
    search = make(tmp_path, n_trials=1, stale_after_s=3600)

    def later(_):
        for path in (tmp_path / "0", *(tmp_path / "0").iterdir()):
            os.utime(path, (1, 1))

    monkeypatch.setattr(time, "sleep", later)
    search.run()
    assert states(search) == [FAIL, COMPLETE]


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
    assert len({trial.params["x"] for trial in search.book.trials()}) == 13
    assert len({trial.user_attrs["sweeper"]["pid"] for trial in search.book.trials()}) >= 2
    assert sorted(int(path.parent.name) for path in tmp_path.glob("*/result.json")) == list(range(13))
    assert not (tmp_path / "attempts").exists()
