"""`docs/runs.md` names what a run leaves."""

import pytest

from mmfusion.runs.evaluate import evaluate
from mmfusion.runs.train import train
from tests.runs.toy import toy_config


@pytest.fixture(scope="module")
def page(repo):
    return (repo / "docs" / "runs.md").read_text()


def names(folder):
    return [f"{path.name}/" if path.is_dir() else path.name for path in folder.iterdir()]


def test_every_file_of_a_run_is_in_the_table(trained, page):
    assert [name for name in names(trained.folder) if f"`{name}`" not in page] == []


def test_what_only_some_runs_leave_is_there_too(toy, page):
    short = ("trainer.max_epochs=1", "report.plots=false", "report.subsets=none", "trainer.profiler=simple")
    folder = train(toy_config(toy, *short), show=False).folder
    evaluate(folder, split="val", show=False)
    with pytest.raises(ValueError, match="longer than"):
        train(toy_config(toy, "scheduler.warmup=1000", f"paths.run={folder.parent / 'failed'}"), show=False)
    left = {*names(folder), *names(folder.parent / "failed")}
    stand_for = {
        "eval_val.json": "eval_<split>.json",
        "fit-profile.txt": "fit-profile…",
        "test-profile.txt": "test-profile…",
    }
    assert {*stand_for, "traceback.txt"} <= left
    assert [name for name in left if f"`{stand_for.get(name, name)}`" not in page] == []
