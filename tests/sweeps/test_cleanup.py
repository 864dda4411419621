"""What a launcher leaves of its jobs; with real ones in `test_launchers.py`."""

import os

import pytest

from mmfusion.store.owner import identity
from mmfusion.sweeps.cleanup import cleaned_up, is_cancelled
from mmfusion.sweeps.process import JobProcess

pytestmark = pytest.mark.usefixtures("stand_in")
DEAD = {"host": identity()["host"], "pid": os.getpid(), "born": "in another life"}


def begin(folder, job, worker):
    """The job at work, for that worker."""
    process = JobProcess(folder, job, [], {}, note={"worker": worker})
    while not (job.folder / "hanging").exists():
        assert process.look() is None
    return process


def test_an_interrupted_launcher_leaves_no_job(folder):
    jobs = folder.plan([["do=hang"], ["do=hang", "seed=2"], ["seed=3"]])
    with pytest.raises(KeyboardInterrupt), cleaned_up(folder, jobs):  # noqa: PT012
        processes = [begin(folder, job, identity()) for job in jobs[:2]]
        raise KeyboardInterrupt
    assert all(process.look() for process in processes)
    assert [folder.result(job).get("status") for job in jobs] == ["stopped", "stopped", None]
    assert all(is_cancelled(folder, job) for job in jobs)


def test_a_launcher_that_fails_says_which_workers_died(folder):
    jobs = folder.plan([["do=hang"], ["do=hang", "seed=2"]])
    with pytest.raises(RuntimeError), cleaned_up(folder, jobs):  # noqa: PT012
        processes = [begin(folder, job, worker) for job, worker in zip(jobs, (DEAD, identity()), strict=True)]
        raise RuntimeError("no luck")
    assert all(process.look() for process in processes)
    assert [folder.result(job)["error"] for job in jobs] == [
        "its worker died: RuntimeError: no luck", "the sweep was stopped",
    ]  # fmt: skip


def test_a_launcher_that_comes_back_without_a_result_leaves_no_job_at_work(folder):
    jobs = folder.plan([["do=hang"], ["seed=2"], ["seed=3"]])
    folder.prepare(jobs[1])
    folder.settle(jobs[1], "no luck", "failed")
    with cleaned_up(folder, jobs):
        process = begin(folder, jobs[0], DEAD)
    assert process.look()
    assert folder.result(jobs[0])["error"].startswith("its worker died: the launcher came back without a result")
    assert folder.result(jobs[1])["error"] == "no luck"
    assert folder.result(jobs[2]) == {}, "it was never begun"
    assert not any(is_cancelled(folder, job) for job in jobs)


def test_what_an_earlier_sweep_left_is_settled_first_and_another_hosts_is_let_be(folder):
    jobs = folder.plan([["seed=1"], ["seed=2"]])
    for job in jobs:
        folder.prepare(job)
        (job.folder / "result.json").write_text('{"status": "running"}')
    folder.note(jobs[0], **DEAD)
    folder.note(jobs[1], host="elsewhere", pid=1, born="x")
    with cleaned_up(folder, jobs):
        assert folder.result(jobs[0])["status"] == "stopped"
    assert folder.result(jobs[1])["status"] == "running"
