import json
import os
import subprocess
import sys

import psutil
import pytest

from mmfusion.store.owner import is_alive
from mmfusion.sweeps.job_slots import Slots
from mmfusion.sweeps.pool import Pool
from tests.helpers import waiting

pytestmark = pytest.mark.usefixtures("stand_in")


def trainer(overrides):
    """What a job's config says of its devices."""
    given = dict(item.split("=", 1) for item in overrides)
    return {key.split(".")[1]: value for key, value in given.items() if key.startswith("trainer.")}


def run(folder, jobs, at_a_time=2, gpus=(), **settings):
    with Pool(folder, Slots(at_a_time, gpus), ["trusted_modules=[]"], trainer, **settings) as pool:
        queue, ended = folder.plan(jobs), []
        while queue or pool.busy:
            while queue and pool.has_slot(queue[0]):
                pool.start(queue.pop(0))
            ended += pool.wait()
    return {item.job.number: item for item in ended}


def test_each_end_is_told_apart_and_touches_no_other(folder):
    ended = run(folder, [["do=die"], ["seed=3"], ["do=fail"], ["do=kill"], ["do=nothing", "seed=7"]])
    assert {number: item.status for number, item in ended.items()} == {
        0: "failed", 1: "completed", 2: "failed", 3: "failed", 4: "failed",
    }  # fmt: skip
    assert "ended with exit code 139 (SIGSEGV) without saying why; end of log.txt:\nhello from" in ended[0].error
    assert ended[1].error is None
    assert ended[2].error == "ValueError: no luck"
    assert "was killed by signal 9 (SIGKILL, out of memory perhaps)" in ended[3].error
    assert ended[4].error.endswith("mmfusion: no such thing")
    for number in range(5):
        result = json.loads((folder.path / str(number) / "result.json").read_text())
        assert result["status"] == ended[number].status
        assert result.get("error") == ended[number].error
    assert json.loads((folder.path / "4" / "result.json").read_text())["seed"] == 7


def test_the_process_is_told_its_job_and_its_sweep(folder):
    ended = run(folder, [["seed=3"]])
    received = ended[0].result["environment"]
    job = json.loads((folder.path / "0" / "job.json").read_text())
    assert received == {"MMFUSION_SWEEP": "sweep", "MMFUSION_JOB": job["hash"], "MMFUSION_PARENT": str(os.getpid())}
    assert job["overrides"] == ["seed=3"]
    assert job["attempt"] == 1
    assert f"hello from {job['pid']}" in (folder.path / "0" / "log.txt").read_text()


def test_a_process_that_cannot_be_noted_is_not_left_and_has_failed_alone(folder, monkeypatch):
    pids = []
    note = folder.note

    def full(job, *, pid, **more):
        if job.number == 0 and pid is not None:
            pids.append(pid)
            raise OSError(28, "No space left on device")
        note(job, pid=pid, **more)

    monkeypatch.setattr(folder, "note", full)
    ended = run(folder, [["do=hang"], ["seed=1"]], at_a_time=1)
    assert ended[0].error == "it could not be started: OSError: [Errno 28] No space left on device"
    assert [ended[n].status for n in range(2)] == ["failed", "completed"]
    assert not psutil.pid_exists(pids[0])


def test_cores_are_shared_out_among_jobs_and_their_ranks(folder, monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr("mmfusion.sweeps.pool.usable_cores", lambda: 12)
    print_it = "import os; print(os.environ['OMP_NUM_THREADS'])"
    monkeypatch.setattr("mmfusion.sweeps.process.command_line", lambda words, job: [sys.executable, "-c", print_it])
    run(folder, [["seed=1"], ["trainer.devices=3"], ["trainer.devices=99"]])
    assert [(folder.path / str(n) / "log.txt").read_text().strip() for n in range(3)] == ["6", "2", "1"]


@pytest.mark.parametrize("do", ["hang", "deaf"])
def test_a_job_that_hangs_is_ended_and_has_failed(folder, do):
    ended = run(folder, [[f"do={do}"]], timeout_s=1.0, grace_s=0.5)
    assert ended[0].status == "failed"
    assert ended[0].error == "ended after 1 s (hydra.launcher.timeout_s)"
    assert not psutil.pid_exists(json.loads((folder.path / "0" / "job.json").read_text())["pid"])


def test_leaving_the_block_ends_what_still_runs(folder):
    (job,) = folder.plan([["do=hang"]])
    with Pool(folder, Slots(2, []), [], trainer) as pool:
        pool.start(job)
        waiting.until(lambda: (job.folder / "hanging").exists())
    assert folder.result(job)["status"] == "stopped"
    assert folder.result(job)["error"] == "the sweep was stopped"


def test_gpus_are_shared_out_and_given_back(folder):
    jobs = [[f"seed={seed}", "trainer.accelerator=gpu", "trainer.devices=2"] for seed in range(3)]
    run(folder, jobs, at_a_time=4, gpus=["0", "1", "2", "3"])
    seen = [json.loads((folder.path / str(n) / "job.json").read_text())["gpus"] for n in range(3)]
    assert seen[:2] == [["0", "1"], ["2", "3"]]
    assert len(set(seen[2])) == 2
    assert "gpus 0,1" in (folder.path / "0" / "log.txt").read_text()


def test_what_a_job_leaves_running_is_ended_with_it(folder, monkeypatch):
    orphan = "import subprocess, sys; p = subprocess.Popen(['sleep', '600']); print(p.pid)"
    monkeypatch.setattr("mmfusion.sweeps.process.command_line", lambda words, job: [sys.executable, "-c", orphan])
    run(folder, [["seed=1"]])
    pid = int((folder.path / "0" / "log.txt").read_text())
    waiting.until(lambda: not is_alive({"pid": pid}))


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's message about a parent's death is Linux's")
def test_a_job_ends_when_the_sweep_is_killed(tmp_path):
    child = (
        "import os, time; from mmfusion.config.environment import end_with_parent; end_with_parent(); "
        "open('ready', 'w').write(str(os.getpid())); time.sleep(600)"
    )
    parent = (
        "import os, subprocess, sys; "
        "os.environ['MMFUSION_PARENT'] = str(os.getpid()); "
        f"subprocess.Popen([sys.executable, '-c', {child!r}]); import time; time.sleep(600)"
    )
    process = subprocess.Popen([sys.executable, "-c", parent], cwd=tmp_path)
    with waiting.ended(process):
        waiting.until(lambda: (tmp_path / "ready").exists() and (tmp_path / "ready").read_text())
        pid = int((tmp_path / "ready").read_text())
    waiting.until(lambda: not is_alive({"pid": pid}))
