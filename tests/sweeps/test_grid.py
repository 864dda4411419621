import re

import pytest

from mmfusion.config.errors import ConfigError
from mmfusion.store.sweep import Sweep
from mmfusion.sweeps.command import Command, running
from mmfusion.sweeps.grid import GridOutcome, combinations, run_grid, summarize_grid


@pytest.mark.parametrize(
    ("typed", "jobs"),
    [
        (["a=1,2", "b=x,y"], [["a=1", "b=x"], ["a=1", "b=y"], ["a=2", "b=x"], ["a=2", "b=y"]]),
        (["~task.largest", "seed=1,2"], [["~task.largest", "seed=1"], ["~task.largest", "seed=2"]]),
        (["~task.largest=sum"], [["~task.largest=sum"]]),
        (["+encoder/series@encoder.lidar=gru,tcn"], [[f"+encoder/series@encoder.lidar={o}"] for o in ("gru", "tcn")]),
        (["name='a,b','c d'"], [["name='a,b'"], ["name='c d'"]]),
        (["name='größe','数'"], [["name='größe'"], ["name='数'"]]),
        (["tags=[a,'b, c']"], [["tags=[a,'b, c']"]]),
        (["optimizer.lr=1e-3,0.01"], [["optimizer.lr=0.001"], ["optimizer.lr=0.01"]]),
        (["seed=range(3)"], [["seed=0"], ["seed=1"], ["seed=2"]]),
        (["seed=1,2", "seed=3"], [["seed=3"]]),
        ([], [[]]),
    ],
)
def test_every_combination(typed, jobs):
    assert combinations(typed) == jobs


@pytest.mark.parametrize(
    ("typed", "twice"),
    [
        ("seed=0,1,1", "1"),
        ("+tag=a,b,'a'", "'a'"),
        ("optimizer.lr=0.001,1e-3", "0.001"),
        ("fusion.dim=8,16,8.0", "8.0"),
        ("encoder.a.hidden=[8],[8]", r"\[8\]"),
        ("data.split.column=null,part,null", "null"),
    ],
)
def test_a_value_that_is_given_twice_is_named(typed, twice):
    with pytest.raises(ConfigError, match=rf"^{re.escape(typed)}: the value {twice} is given twice; give each"):
        combinations(["name=x,y", typed])


def test_what_looks_alike_is_not_the_same():
    assert len(combinations(["a=true,1,0,false,null,nullx"])) == 6


def command(folder, overrides):
    return Command(overrides, [], [], ["mmfusion"], {"trainer": {}}, folder)


def test_a_searchs_folder_is_left_alone(tmp_path):
    Sweep(tmp_path / "s").open(kind="search")
    with running(command(tmp_path / "s", ["seed=1,2"])), pytest.raises(ConfigError, match=r"belongs to a search"):
        run_grid(["seed=1,2"], lambda jobs: pytest.fail("launched"), "refuse")


def test_what_another_host_is_at_work_on_waits(tmp_path, capsys):
    folder = Sweep(tmp_path / "s")
    folder.open(kind="grid")
    job = folder.plan([["seed=1"], ["seed=2"]])[1]
    folder.prepare(job)
    folder.note(job, host="elsewhere", pid=12, born="then")
    launched = []
    with running(command(folder.path, ["seed=1,2"])):
        outcome = run_grid(["++seed=1,2"], launched.append, "refuse")
    assert launched == [[["++seed=1"]]]
    assert [item.number for item in outcome.waiting] == [0, 1]
    assert "job 1 (seed=2) is left alone: process 12 on elsewhere is at work" in capsys.readouterr().err


def test_a_wrong_job_is_noted_once(tmp_path):
    folder = Sweep(tmp_path / "s")
    for _ in range(3):
        with running(command(folder.path, ["fusion.dim=wide"])):
            assert not run_grid([], lambda jobs: pytest.fail("launched"), "fail").is_complete
    assert not (folder.path / "attempts").exists()


def test_last_words(tmp_path, capsys):
    folder = Sweep(tmp_path / "s")
    jobs = folder.plan([["seed=1"], ["seed=2"], ["seed=3"]])
    folder.prepare(jobs[0])
    folder.settle(jobs[0], "ConfigError: 2 problems:\n  fusion.dim: wrong\n  more", "failed")
    folder.prepare(jobs[1])
    folder.settle(jobs[1], "the sweep was stopped", "stopped")
    summarize_grid(GridOutcome(folder, jobs, jobs[:2], jobs[2:]))
    printed = capsys.readouterr().err
    assert "0 of 3 jobs completed" in printed
    assert "failed: job 0 (seed=1): ConfigError: 2 problems: fusion.dim: wrong (" in printed
    assert "stopped: job 1 (seed=2): the sweep was stopped (" in printed
    assert "without a result: 1 jobs, the first of them job 2 (seed=3)" in printed
    assert "compare" not in printed
