import random

import pytest

from mmfusion.config.errors import ConfigError
from mmfusion.store.find import find_runs, natural, not_begun
from tests.helpers.run_folders import config, write_run, write_sweep


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


def test_any_depth_and_nothing_inside_of_a_run(tmp_path):
    write_run(tmp_path / "a" / "b" / "c")
    write_run(tmp_path / "a" / "b" / "c" / "wandb" / "files")  # a tracker's own config.yaml
    write_run(tmp_path / "d")
    write_run(tmp_path / ".hidden" / "e")
    write_run(tmp_path / "sweep" / "attempts" / "0-1", status="failed")
    (tmp_path / "link").symlink_to(tmp_path / "d")
    assert [run.id for run in find_runs([tmp_path])] == ["a/b/c", "d"]


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
    actual = [run.id for run in find_runs(folders)]
    assert actual == ["2", "9", "10"]
    assert [run.id for run in find_runs(random.Random(0).sample(folders, 3))] == actual
    assert sorted(["a/10", "a/b", "a/9", "a"], key=natural) == ["a", "a/9", "a/10", "a/b"]


def test_no_such_folder(tmp_path):
    write_run(tmp_path / "sweep-1" / "0")
    with pytest.raises(ConfigError, match=r"swep-1 is not a folder; did you mean .*sweep-1\?"):
        find_runs([tmp_path / "swep-1"])
    with pytest.raises(ConfigError, match=r"is not a folder$"):
        find_runs([tmp_path / "a" / "b"])


def test_jobs_that_are_to_come(tmp_path):
    jobs = {f"{n:016x}": {"number": n, "overrides": []} for n in range(5)}
    first, listed = write_sweep(tmp_path / "a", planned=3), write_sweep(tmp_path / "b", jobs=jobs)
    full = write_sweep(tmp_path / "c", planned=1)
    for folder in (first / "0", listed / "0", full / "0", full / "1", tmp_path / "alone"):
        write_run(folder)
    assert not_begun(find_runs([tmp_path])) == [(first, 2, 3), (listed, 4, 5)]
    for damage in ("{", "[]", '{"kind": "grid", "planned": "many"}'):
        (first / "sweep.json").write_text(damage)
        assert not_begun(find_runs([first])) == []
