import json
import os

import pytest

from mmfusion.store.owner import identity
from mmfusion.sweeps.cleanup import cancel
from mmfusion.sweeps.process import JobProcess
from mmfusion.sweeps.worker import run_job
from tests.helpers.waiting import until

pytestmark = pytest.mark.usefixtures("stand_in")


def test_a_job_is_run_once(folder):
    (job,) = folder.plan([["seed=3"]])
    assert run_job(folder, job, [], {"MMFUSION_MORE": "1"})["environment"]["MMFUSION_MORE"] == "1"
    before = (job.folder / "job.json").read_text()
    assert run_job(folder, job, [], {})["status"] == "completed"
    assert (job.folder / "job.json").read_text() == before, "a scheduler started it again: nothing to do"


def test_it_is_ended_before_the_scheduler_does(folder):
    (job,) = folder.plan([["do=hang"]])
    actual = run_job(folder, job, [], {}, timeout_s=2.0)
    assert (actual["status"], actual["error"]) == ("failed", "ended after 1 s (hydra.launcher.timeout_min)")


def test_what_another_host_is_at_work_on_is_left_alone(folder):
    (job,) = folder.plan([["do=hang"]])
    folder.prepare(job)
    folder.note(job, host="elsewhere", pid=12, born="then")
    assert folder.elsewhere(job) == "process 12 on elsewhere"
    assert run_job(folder, job, [], {}) == {}
    long_ago = 1e6
    for path in (job.folder / "job.json", job.folder):
        os.utime(path, (long_ago, long_ago))
    assert folder.elsewhere(job) is None, "nobody has touched it for long"


def test_what_was_called_off_is_not_started(folder):
    (job,) = folder.plan([["seed=3"]])
    cancel(folder, [job])
    assert run_job(folder, job, [], {}) == {}
    assert not job.folder.exists()
    folder.plan([["seed=3"]])
    assert run_job(folder, job, [], {})["status"] == "completed", "the same command again"


def test_what_is_called_off_while_it_runs_is_stopped(folder, monkeypatch):
    """By a sweep on another host: nothing but the shared folder can say so."""
    (job,) = folder.plan([["do=hang"]])
    monkeypatch.setattr("mmfusion.sweeps.process.BEAT_S", 0.1)
    monkeypatch.setattr(folder, "beat", lambda job: (job.folder / "hanging").exists() and cancel(folder, [job]))
    assert run_job(folder, job, [], {})["status"] == "stopped"


@pytest.mark.parametrize("host", ["here", "elsewhere"])
def test_a_job_ends_with_its_sweep_where_that_can_be_seen(folder, host):
    (job,) = folder.plan([["seed=1"]])
    gone = {**identity(), "born": "in another life"} | ({"host": host} if host == "elsewhere" else {})
    actual = run_job(folder, job, [], {}, sweeper=gone)
    assert actual.get("status") == (None if host == "here" else "completed")


def test_a_job_that_cannot_be_started_says_so(folder, monkeypatch):
    (job,) = folder.plan([["seed=1"]])
    monkeypatch.setattr("mmfusion.sweeps.process.command_line", lambda words, job: ["/no/such/python"])
    actual = run_job(folder, job, [], {})
    assert (actual["status"], actual["error"][:49]) == ("failed", "it could not be started: FileNotFoundError: [Errn")


def test_who_was_replaced_says_nothing(folder, monkeypatch):
    """The same command was given again while a scheduler's worker still ran the job."""
    (job,) = folder.plan([["do=die"]])
    monkeypatch.setattr(folder, "owns", lambda *_: False)
    assert "was replaced" in run_job(folder, job, [], {})["error"]
    assert json.loads((job.folder / "result.json").read_text())["status"] == "running", "not its to change"


def test_what_still_runs_is_ended_before_its_folder_is_moved(folder):
    (job,) = folder.plan([["do=hang"]])
    process = JobProcess(folder, job, [], {})
    while not (job.folder / "hanging").exists():
        assert process.look() is None
    folder.prepare(job)
    until(process.look)
    assert json.loads((job.folder / "job.json").read_text())["attempt"] == 2
    assert json.loads((folder.path / "attempts/0-1/result.json").read_text())["status"] == "stopped"
