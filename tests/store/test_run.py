import json
import os
import subprocess
import sys

import pytest

from mmfusion.config.errors import ConfigError
from mmfusion.store.find import find_runs
from mmfusion.store.folder import RunFolder
from mmfusion.store.owner import identity
from mmfusion.store.run import Run, read_result
from mmfusion.store.sweep import Sweep
from tests.helpers.run_folders import config, write_run


def test_it_comes_back_as_it_was_written(tmp_path):
    folder = RunFolder.create(tmp_path / "run")
    result = Run(folder.path, "completed", "x", 0, "now", 1.5, {"test/a/mae": 0.5}, cost={"parameters": 3})
    result.write(folder)
    assert read_result(folder) == result
    moved = folder.path.rename(tmp_path / "moved")
    assert read_result(RunFolder(moved)) == result.but(path=moved)


def test_what_is_no_result_is_named(tmp_path):
    folder = RunFolder.create(tmp_path / "run")
    Run(folder.path, "completed", "x", 0, "now").write(folder)
    content = folder.read("result.json")
    folder.write("result.json", content | {"of_a_later_version": 1})
    assert read_result(folder).status == "completed"
    for damaged in ({"status": "completed"}, []):
        folder.write("result.json", damaged)
        with pytest.raises(ConfigError, match=r"result\.json is damaged: "):
            read_result(folder)


def only(folder):
    (run,) = find_runs([folder])
    return run


@pytest.mark.parametrize(
    ("status", "more", "expected"),
    [
        ("failed", {"error": "no"}, ("failed", "no")),
        ("stopped", {"error": "SIGTERM"}, ("stopped", "SIGTERM")),
        ("stopped", {"error": "pruned after epoch 3", "pruned": True}, ("pruned", "pruned after epoch 3")),
        ("running", {}, ("running", None)),
    ],
)
def test_statuses(tmp_path, status, more, expected):
    write_run(tmp_path / "a", status=status, **more)
    run = only(tmp_path / "a")
    assert (run.status, run.error) == expected


def test_no_result_and_a_job_that_never_began(tmp_path):
    write_run(tmp_path / "a", config(seed=5), status="missing")
    (tmp_path / "3").mkdir()
    (tmp_path / "3" / "job.json").write_text(json.dumps({"overrides": ["fusion=gated"], "pid": None}))
    job, run = find_runs([tmp_path])
    assert (run.status, run.seed, run.metrics) == ("missing", 5, {})
    assert "no result.json" in run.error
    assert (job.status, job.name, job.overrides, job.config) == ("missing", "3", ["fusion=gated"], {})


@pytest.mark.parametrize(
    ("file", "content", "status", "words"),
    [
        ("result.json", "{", "missing", "result.json cannot be read: Expecting property name"),
        ("result.json", "[]", "missing", "result.json cannot be read: expected a mapping, found list"),
        ("result.json", '{"status": "odd"}', "failed", "status is 'odd', expected one of completed,"),
        ("result.json", '{"status": "failed", "metrics": 3, "cost": []}', "failed", None),
        ("config.yaml", "a: [", "failed", "config.yaml cannot be read: while parsing"),
        ("config.yaml", "- a", "failed", "config.yaml cannot be read: expected a mapping, found list"),
        ("config.yaml", "", "failed", "has no config.yaml that says something"),
        ("overrides.yaml", "{", "failed", "overrides.yaml cannot be read"),
        ("job.json", "\udcff", "failed", "job.json cannot be read"),
    ],
)
def test_a_damaged_file_is_the_runs_own_fault(tmp_path, file, content, status, words):
    write_run(tmp_path / "bad", metrics={"test/a/accuracy": 0.5})
    write_run(tmp_path / "good")
    (tmp_path / "bad" / file).write_bytes(content.encode("utf-8", "surrogateescape"))
    bad, good = find_runs([tmp_path])
    assert (bad.status, good.status) == (status, "completed")
    assert bad.error is None if words is None else words in bad.error


def test_a_run_that_nothing_runs_any_more(tmp_path):
    own, ended = identity(), subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    another = {**own, "born": "in another life"}
    processes = {
        "a": (own, None, "running"),
        "b": ({"host": own["host"], "pid": ended.pid}, None, "stopped"),
        "c": ({"host": "another", "pid": ended.pid}, None, "running"),
        "d": (another, None, "stopped"),
        # A run of no sweep notes its own process.
        "e": (None, own, "running"),
        "f": (None, another, "stopped"),
        "g": (None, None, "running"),
    }
    for name, (of_job, noted, _) in processes.items():
        write_run(tmp_path / name, status="running", job=of_job)
        (tmp_path / name / "provenance.json").write_text(json.dumps({"seed": 0, "process": noted}))
    runs = find_runs([tmp_path])
    assert {run.id: run.status for run in runs} == {name: status for name, (_, _, status) in processes.items()}
    assert f"({ended.pid} on this machine) ended without a last word" in runs[1].error
    assert f"({own['pid']} on this machine) ended without a last word" in runs[5].error


def test_a_job_that_starts_is_running(tmp_path):
    for name, pid in (("starting", os.getpid()), ("waiting", None)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "job.json").write_text(json.dumps({"pid": pid, "host": identity()["host"]}))
    starting, waiting = find_runs([tmp_path])
    assert (starting.status, starting.error, waiting.status) == ("running", None, "missing")


def test_what_the_sweep_says_of_a_job_that_died(tmp_path):
    """`Sweep.settle` knows neither name nor seed if the job did not get that far."""
    folder = Sweep(tmp_path / "sweep")
    folder.open(kind="grid")
    for job in folder.plan([["fusion=gated", "seed=7"], ["fusion=typo"]]):
        folder.prepare(job)
        folder.settle(job, "the process ended with exit code 139")
    write_run(tmp_path / "sweep" / "1", config(seed=5), status="failed", name="", seed=None, error="no")
    first, second = find_runs([tmp_path])
    assert (first.status, first.seed, first.name) == ("failed", 7, "0")
    assert first.error == "the process ended with exit code 139"
    assert first.overrides == ["fusion=gated", "seed=7"]
    assert (second.name, second.seed, second.error) == ("made_up", 5, "no")
