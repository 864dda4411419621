from math import sqrt
from pathlib import Path

import pytest

from mmfusion.config.errors import ConfigError
from mmfusion.store.find import find_runs
from mmfusion.store.run import Run
from mmfusion.studies.common_sections import numbers_section
from mmfusion.studies.results import Results, Variant
from tests.report.prediction_runs import write_unequal_runs

A, B = Variant("a", ("fusion=a",)), Variant("b", ("fusion=b",))
MAE, ACCURACY = "test/dose/mae", "test/label/accuracy"


def run(status="completed", error=None, **metrics):
    return Run(Path("nowhere"), status, "x", error=error, metrics={f"test/{k}": v for k, v in metrics.items()})


def results(runs, seeds=(0, 1, 2), tasks=("label", "dose")):
    return Results("example", [A, B], {}, list(seeds), runs, ["image"], list(tasks))


def with_accuracy(value, **more):
    return run(**{"label/accuracy": value, **more})


def test_values_are_those_of_completed_runs_by_seed():
    runs = {
        ("a", 0): with_accuracy(0.5),
        ("a", 1): run("failed", **{"label/accuracy": 0.9}),
        ("a", 7): with_accuracy(0.1),
    }
    read = results(runs)
    assert read.values(A, ACCURACY) == {0: 0.5}, "a failed run and one of another seed are not counted"
    assert read.values(B, ACCURACY) == read.values(A, MAE) == {}
    assert read.of(A) == [runs["a", 0]]
    assert read.of(B) == []
    assert len(read.completed) == 2


def test_variants_are_compared_on_the_rows_that_all_were_tested_on(tmp_path):
    folder, rows = write_unequal_runs(tmp_path)
    runs = {(run.id[-2], int(run.id[-1])): run for run in find_runs([folder])}
    read = Results("example", [A, B], [], [0, 1, 2], runs, ["a", "b"], ["y"])
    shared = int((~rows[2]).sum())
    assert read.same_rows("test/y/accuracy").anew == [shared]
    assert min(read.values(A, "test/y/accuracy").values()) > 0.85, "hard rows do not count"
    assert f"on the {shared} test rows" in " ".join(numbers_section(read, [A, B]).lines)
    (folder / "b0" / "predictions.parquet").unlink()
    read = Results("example", [A, B], [], [0, 1, 2], runs, ["a", "b"], ["y"])
    assert list(read.values(B, "test/y/accuracy")) == [1, 2]
    assert "not compared, b, seed 0; it was tested on other rows" in " ".join(numbers_section(read, [A, B]).lines)


def test_means_over_seeds():
    read = results(
        {("a", seed): with_accuracy(value) for seed, value in enumerate((0.5, 0.75, 1.0))}
        | {("b", 1): with_accuracy(0.5)}
    )
    mean = read.mean(A, ACCURACY)
    assert (mean.mean, mean.n) == (0.75, 3)
    assert mean.half == pytest.approx(4.302653 * 0.25 / sqrt(3))  # t of 2 degrees of freedom at 97.5 %
    assert (read.mean(B, ACCURACY).mean, read.mean(B, ACCURACY).half) == (0.5, None)
    assert read.mean(A, MAE) is None


def test_jobs_that_did_not_complete_and_why():
    runs = {
        ("a", 0): with_accuracy(1.0),
        ("a", 1): run("failed", "\nValueError: no\nmore"),
        ("a", 2): run("stopped"),
        ("b", 0): run("running", ""),
        ("b", 2): with_accuracy(1.0),
    }
    assert [(variant.name, seed, why) for variant, seed, why in results(runs).incomplete()] == [
        ("a", 1, "failed: ValueError: no"),
        ("a", 2, "stopped: no reason was written"),
        ("b", 0, "running: no reason was written"),
        ("b", 1, "it has not been started"),
    ]


def test_a_task_is_judged_by_its_main_metric_in_the_tasks_order():
    read = results(
        {("a", 0): with_accuracy(1.0, **{"label/loss": 2.0, "dose/loss": 3.0, "dose/mae": 1.0, "other/mae": 1.0})}
    )
    assert list(read.metrics().items()) == [("label", ACCURACY), ("dose", MAE)]
    assert results({("a", 0): with_accuracy(1.0)}).metrics() == {"label": ACCURACY}
    assert results({("a", 0): run("failed", **{"label/accuracy": 1.0})}).metrics() == {}


def test_which_way_is_better():
    read = results({("a", 0): with_accuracy(1.0)})
    assert [read.sign(metric) for metric in (ACCURACY, MAE, "val/label/loss")] == [1, -1, -1]
    assert [read.arrow(metric) for metric in (ACCURACY, MAE, "test/label/zing")] == ["↑", "↓", ""]
    assert [read.way(metric) for metric in (ACCURACY, MAE)] == ["higher", "lower"]
    with pytest.raises(ConfigError, match="does not know whether a higher zing"):
        read.sign("test/label/zing")
