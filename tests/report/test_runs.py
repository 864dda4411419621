import json
import os
import random
import socket
import subprocess
import sys

import pytest

from mmfusion.config.errors import ConfigError
from mmfusion.report.runs import find_runs, natural, parsed
from mmfusion.runs.process import identity
from tests.helpers.run_folders import config, write_grid, write_run, write_sweep


def only(folder):
    (run,) = find_runs([folder])
    return run


def test_everything_of_a_run(tmp_path):
    job = {"hash": "0" * 16, "overrides": ["seed=3"], "number": 0, "attempt": 1}
    write_run(
        tmp_path / "sweep" / "0",
        config({"fusion": "gated"}, seed=3),
        {"test/a/accuracy": 0.5, "test/a/auroc": None},
        overrides=["fusion=gated", "seed=3"],
        curves={"step": [0, 1], "epoch": [0, 0], "val/loss": [2.0, 1.0]},
        job=job,
        ceilings={"test/a/accuracy": 1.0},
        validation={"val/loss": 1.0},
        seconds=12.5,
    )
    write_sweep(tmp_path / "sweep")
    run = only(tmp_path / "sweep")
    assert (run.id, run.name, run.status, run.error, run.seed) == ("sweep/0", "made_up", "completed", None, 3)
    assert run.metrics == {"test/a/accuracy": 0.5}  # null is no number
    assert run.ceilings == {"test/a/accuracy": 1.0}
    assert run.validation == {"val/loss": 1.0}
    assert (run.seconds, run.cost["parameters"], run.monitor["mode"]) == (12.5, 800_000, "min")
    assert run.config["fusion"]["_target_"] == "mmfusion.fusion.gated.Gated"
    assert run.overrides == ["fusion=gated", "seed=3"]
    assert (run.job, run.sweep, run.path) == (job, tmp_path / "sweep", tmp_path / "sweep" / "0")
    assert run.curves()["val/loss"].to_list() == [2.0, 1.0]


def test_a_real_result_is_read(tmp_path):
    """What the runs' own code writes, this code reads."""
    from mmfusion.runs.folder import RunFolder
    from mmfusion.runs.result import Result

    folder = RunFolder.create(tmp_path / "run")
    folder.write_yaml("config.yaml", config(seed=4), "resolved")
    folder.write_yaml("overrides.yaml", ["fusion=gated"])
    result = Result(folder.path, "completed", "digits", 4, "now", 3.0, {"test/a/mae": 1.0, "test/a/r2": float("nan")})
    result.write(folder)
    run = only(tmp_path / "run")
    assert (run.id, run.name, run.status, run.seed, run.metrics) == ("run", "digits", "completed", 4, {"test/a/mae": 1})
    assert run.overrides == ["fusion=gated"]


def test_any_depth_and_nothing_inside_of_a_run(tmp_path):
    write_run(tmp_path / "a" / "b" / "c")
    write_run(tmp_path / "a" / "b" / "c" / "wandb" / "files")  # a tracker's own config.yaml
    write_run(tmp_path / "d")
    write_run(tmp_path / ".hidden" / "e")
    (tmp_path / "link").symlink_to(tmp_path / "d")
    assert [run.id for run in find_runs([tmp_path])] == ["a/b/c", "d"]


def test_attempts_are_no_runs(tmp_path):
    sweep = write_sweep(tmp_path / "sweep")
    write_run(sweep / "0")
    write_run(sweep / "attempts" / "0-1", status="failed")
    assert [run.id for run in find_runs([tmp_path])] == ["sweep/0"]


def test_ids_are_short_and_single(tmp_path):
    for name in ("x/one", "x/two"):
        write_run(write_sweep(tmp_path / name) / "0")
    one, two = tmp_path / "x" / "one", tmp_path / "x" / "two"
    assert [run.id for run in find_runs([one])] == ["one/0"]
    assert [run.id for run in find_runs([one, two])] == ["one/0", "two/0"]
    assert [run.id for run in find_runs([one / "0"])] == ["0"]
    assert [run.id for run in find_runs([one, tmp_path / "x", one / "0"])] == ["one/0", "two/0"]


def test_natural_order_whatever_the_order_of_folders(tmp_path):
    for number in (10, 9, 2):
        write_run(tmp_path / str(number))
    folders = [tmp_path / "10", tmp_path / "2", tmp_path / "9"]
    found = [run.id for run in find_runs(folders)]
    assert found == ["2", "9", "10"]
    assert [run.id for run in find_runs(random.Random(0).sample(folders, 3))] == found
    assert sorted(["a/10", "a/b", "a/9", "a"], key=natural) == ["a", "a/9", "a/10", "a/b"]


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


def test_no_result(tmp_path):
    write_run(tmp_path / "a", config(seed=5), status="missing")
    run = only(tmp_path / "a")
    assert (run.status, run.seed, run.metrics) == ("missing", 5, {})
    assert "no result.json" in run.error


def test_a_job_that_never_began(tmp_path):
    (tmp_path / "3").mkdir()
    (tmp_path / "3" / "job.json").write_text(json.dumps({"overrides": ["fusion=gated"], "pid": None}))
    run = only(tmp_path / "3")
    assert (run.status, run.name, run.overrides, run.config) == ("missing", "3", ["fusion=gated"], {})


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
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    here = socket.gethostname()
    for name, pid, host in (("gone", ended.pid, here), ("here", os.getpid(), here), ("there", ended.pid, "another")):
        write_run(tmp_path / name, status="running", job={"pid": pid, "host": host})
    gone, alive, elsewhere = find_runs([tmp_path])
    assert (gone.status, alive.status, elsewhere.status) == ("stopped", "running", "running")
    assert f"({ended.pid} on this machine) ended without a last word" in gone.error


def test_another_process_with_the_same_id_is_not_taken_for_the_runs(tmp_path):
    own = identity()
    write_run(tmp_path / "a", status="running", job={**own, "born": "in another life"})
    write_run(tmp_path / "b", status="running", job=own)
    assert [run.status for run in find_runs([tmp_path])] == ["stopped", "running"]


def test_a_run_of_no_sweep_is_known_by_the_process_it_noted(tmp_path):
    own = identity()
    for name, process in (("gone", {**own, "born": "in another life"}), ("here", own)):
        write_run(tmp_path / name, status="running")
        (tmp_path / name / "provenance.json").write_text(json.dumps({"process": process}))
    write_run(tmp_path / "old", status="running")
    (tmp_path / "old" / "provenance.json").write_text('{"seed": 0}')
    gone, alive, old = find_runs([tmp_path])
    assert (gone.status, alive.status, old.status) == ("stopped", "running", "running")
    assert f"({own['pid']} on this machine) ended without a last word" in gone.error


def test_a_job_that_starts_is_running(tmp_path):
    for name, pid in (("starting", os.getpid()), ("waiting", None)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "job.json").write_text(json.dumps({"pid": pid, "host": socket.gethostname()}))
    starting, waiting = find_runs([tmp_path])
    assert (starting.status, starting.error, waiting.status) == ("running", None, "missing")


def test_what_the_sweep_says_of_a_job_that_died(tmp_path):
    """`SweepFolder.settle` knows neither name nor seed if the job did not get that far."""
    from mmfusion.sweeps.folder import SweepFolder

    folder = SweepFolder(tmp_path / "sweep")
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


def test_no_such_folder(tmp_path):
    write_run(tmp_path / "sweep-1" / "0")
    with pytest.raises(ConfigError, match=r"swep-1 is not a folder; did you mean .*sweep-1\?"):
        find_runs([tmp_path / "swep-1"])
    with pytest.raises(ConfigError, match=r"is not a folder$"):
        find_runs([tmp_path / "a" / "b"])


def test_a_file_is_parsed_again_when_it_has_changed(tmp_path):
    path = tmp_path / "a.json"
    path.write_text('{"a": 1}')
    first = parsed(path)
    assert parsed(path) is first
    path.write_text('{"a": 12}')
    assert parsed(path) == {"a": 12}
    path.unlink()
    assert parsed(path) is None


def test_a_sweep_written_by_the_helper(tmp_path):
    write_grid(tmp_path / "s", {"fusion": ["concat", "gated"]}, 2, lambda choice, seed: {"test/a/accuracy": seed})
    runs = find_runs([tmp_path / "s"])
    assert [run.seed for run in runs] == [0, 1, 0, 1]
    assert runs[3].config["fusion"]["_target_"].endswith("Gated")
