import json
import subprocess
import sys

import pytest

from mmfusion.config.errors import ConfigError
from mmfusion.store.sweep import Job, Sweep, job_hash
from tests.helpers.waiting import ended


@pytest.fixture
def folder(tmp_path):
    folder = Sweep(tmp_path / "sweep")
    folder.open(kind="grid")
    return folder


def finish(job, **result):
    (job.folder / "result.json").write_text(json.dumps(result))


def test_numbers_are_kept_and_new_jobs_get_new_ones(folder):
    assert [job.number for job in folder.plan([["seed=0"], ["seed=1"]])] == [0, 1]
    again = Sweep(folder.path).plan([["seed=5"], ["seed=1"], ["seed=0"]])
    assert [job.number for job in again] == [2, 1, 0]
    assert folder.planned(job_hash(["seed=5"])).folder == folder.path / "2"


def test_only_what_completed_is_done(folder):
    jobs = folder.plan([[f"seed={n}"] for n in range(5)])
    for job, status in zip(jobs, ["completed", "failed", "stopped", "running"], strict=False):
        folder.prepare(job)
        finish(job, status=status)
    folder.prepare(jobs[4])
    (jobs[4].folder / "result.json").write_text("{half a f")
    assert [folder.is_done(job) for job in jobs] == [True, False, False, False, False]


def test_an_earlier_attempt_is_kept_whole(folder):
    (job,) = folder.plan([["seed=0"]])
    for attempt in (1, 2, 3):
        folder.prepare(job)
        assert json.loads((job.folder / "job.json").read_text())["attempt"] == attempt
        (job.folder / "log.txt").write_text(f"log {attempt}")
    kept = {path.name: (path / "log.txt").read_text() for path in (folder.path / "attempts").iterdir()}
    assert kept == {"0-1": "log 1", "0-2": "log 2"}


def test_a_result_is_settled_once_the_process_is_gone(folder):
    jobs = folder.plan([["seed=4"], ["seed=5"], ["seed=6"], ["seed=7"]])
    for job in jobs:
        folder.prepare(job)
    finish(jobs[1], status="running", name="digits", metrics={})
    finish(jobs[2], status="stopped", error="stopped by SIGTERM")
    finish(jobs[3], status="completed", error=None)
    assert folder.settle(jobs[0], "exit 3")["status"] == "failed"
    assert folder.settle(jobs[0], "later")["error"] == "exit 3"
    assert folder.settle(jobs[1], "exit 3") | {"started": ""} == {
        "status": "failed", "name": "digits", "metrics": {}, "seed": 5, "error": "exit 3", "started": "",
    }  # fmt: skip
    assert folder.settle(jobs[2], "exit 143")["error"] == "stopped by SIGTERM"
    assert folder.settle(jobs[2], "too long", "failed")["error"] == "too long"
    assert folder.settle(jobs[3], "too long", "failed")["status"] == "completed"


def test_one_at_a_time_and_free_after_a_kill(folder):
    hold = (
        "import sys, time; from mmfusion.store.sweep import Sweep\n"
        f"with Sweep({str(folder.path)!r}).lock(): print('held', flush=True); time.sleep(600)"
    )
    process = subprocess.Popen([sys.executable, "-c", hold], stdout=subprocess.PIPE, text=True)
    message = rf"process {process.pid} on .* is running this sweep already"
    with ended(process):
        assert process.stdout.readline() == "held\n"
        with pytest.raises(ConfigError, match=message), folder.lock():
            pass
    with folder.lock():
        pass


def test_a_damaged_record_is_named(folder):
    (folder.path / "sweep.json").write_text("{")
    with pytest.raises(ConfigError, match=r"sweep.json cannot be read"):
        folder.plan([["seed=0"]])


def test_jobs_are_found_by_what_hydra_is_given(folder):
    folder.plan([["fusion=null", "seed=1"]], [["~fusion", "++seed=1"]])
    assert folder.planned(job_hash(["~fusion", "++seed=1"])).overrides == ("fusion=null", "seed=1")
    with pytest.raises(ConfigError, match=r"sweep.json names no job with the hash 00ff"):
        folder.planned("00ff")


def test_numbers_survive_the_loss_of_the_record(folder):
    jobs = folder.plan([["seed=0"], ["seed=1"], ["seed=2"]])
    for job in jobs[1:]:
        folder.prepare(job)
    (folder.path / "sweep.json").unlink()
    (jobs[2].folder / "job.json").write_text("{half")
    (folder.path / "7").mkdir()
    again = folder.plan([["seed=2"], ["seed=1"], ["seed=0"]])
    assert [job.number for job in again] == [8, 1, 9], "no number is given twice, and what lies there is left"


def test_a_crash_while_a_folder_is_made_loses_nothing(folder):
    jobs = folder.plan([["seed=0"], ["seed=1"]])
    for job in jobs:
        folder.prepare(job)
        (job.folder / "log.txt").write_text("first")
    (jobs[0].folder / "job.json").unlink()  # before it was written
    folder.retire(jobs[1])  # between moving and making
    for job in jobs:
        folder.prepare(job)
        assert json.loads((job.folder / "job.json").read_text())["attempt"] == 2
        assert (folder.path / f"attempts/{job.number}-1/log.txt").read_text() == "first"


def test_a_full_disk_does_not_hide_how_a_job_ended(folder, monkeypatch):
    (job,) = folder.plan([["seed=0"]])
    folder.prepare(job)

    def full(path, content):
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr("mmfusion.store.files.write", full)
    assert folder.settle(job, "exit 3")["error"] == "exit 3"
    finish(job, status="running")
    folder.settle(job, "exit 3")
    assert folder.result(job)["status"] == "failed", "a file that is there can be written over"


def test_a_job_is_its_overrides_whatever_their_order_but_of_one_key():
    assert job_hash(["seed=1", "++fusion.dim=3"]) == job_hash(["fusion.dim=3", "seed=1"])
    assert len({job_hash(words) for words in (["seed=1"], ["seed=2"], ["seed=1", "seed=2"], ["seed=2", "seed=1"])}) == 4


def test_what_its_process_is_told(tmp_path):
    job = Job(("seed=1",), "abc", 3, tmp_path / "sweep" / "3")
    assert job.environment() == {"MMFUSION_SWEEP": "sweep", "MMFUSION_JOB": "abc"}
    assert str(job) == "job 3 (seed=1)"
