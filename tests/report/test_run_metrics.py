import re

import pytest

from mmfusion.config.errors import ConfigError
from mmfusion.report.run_metrics import RunMetrics, tasks, value
from tests.helpers.run_folders import write_sweep
from tests.report.memory_runs import make_run

METRICS = {
    "test/rows": 100.0,
    "test/loss": 1.0,
    "test/sum/labels": 100.0,
    "test/sum/loss": 0.5,
    "test/sum/mae": 1.5,
    "test/largest/loss": 0.5,
    "test/largest/accuracy": 0.9,
    "test[image]/largest/accuracy": 0.6,
    "test[image]/rows": 90.0,
}


def test_names_leave_counts_out_and_take_validation_in():
    run = make_run("a", METRICS, validation={"val/loss": 2.0})
    found = RunMetrics([run])
    assert found.names == sorted(found.names)
    assert {"test[image]/largest/accuracy", "val/loss", "test/sum/mae"} < set(found.names)
    assert not [name for name in found.names if name.endswith(("rows", "labels"))]
    assert (value(run, "test/sum/mae"), value(run, "val/loss"), value(run, "val/x")) == (1.5, 2.0, None)


def test_main_metric_is_the_first_that_has_a_direction():
    runs = RunMetrics([make_run("a", {**METRICS, "test/x/zeal": 1.0, "test/x/loss": 2.0})])
    assert runs.main("largest") == "test/largest/accuracy"
    assert runs.main("sum") == "test/sum/mae"
    assert runs.main("x") == "test/x/loss"
    assert RunMetrics(runs.runs, {"zeal": False}).main("x") == "test/x/zeal"
    assert runs.main("y") is None


ACCURACY_IS_AN_ERROR = {"largest": {"accuracy": {"direction": "min", "signed": True}}}


def test_directions_are_those_that_runs_recorded():
    zeal = {"zeal": {"direction": "max", "signed": False}, "accuracy": {"direction": "max"}}
    runs = RunMetrics([make_run("a", {"test/x/zeal": 1.0, "test/x/accuracy": 1.0}, task_metrics={"x": zeal})])
    assert not runs.lower("test/x/zeal")
    assert not runs.lower("test[image+text]/x/zeal")
    assert runs.main("x") == "test/x/zeal"
    reversed_ = RunMetrics([make_run("a", METRICS, task_metrics=ACCURACY_IS_AN_ERROR)])
    assert reversed_.lower("test/largest/accuracy")
    assert reversed_.in_hundredths(["test/largest/accuracy"]) == " (accuracy: hundredths of it, for it may be 0 alone)"


def test_runs_of_before_are_known_by_their_tasks_and_by_name():
    runs = RunMetrics([make_run("a", METRICS)])
    lower = {"sum/loss", "sum/mae", "sum/rmse", "gone/calibration_error"}
    for name in (*lower, "sum/r2", "sum/pearson", "gone/accuracy"):
        assert runs.lower(f"test/{name}") == (name in lower)
    assert (runs.facts("test/sum/r2").signed, runs.facts("test/sum/mae").signed) == (True, False)


def test_a_direction_that_nobody_knows_or_runs_disagree_in_is_asked_for():
    runs = RunMetrics([make_run("a", METRICS)])
    with pytest.raises(ConfigError, match=r"test/digit/zeal: .* higher zeal is better; say --lower or --higher"):
        runs.lower("test/digit/zeal")
    assert not runs.has_direction("test/digit/zeal")
    assert RunMetrics([], {"zeal": True}).lower("test/digit/zeal")
    assert not RunMetrics([], {"test/digit/loss": False}).lower("test/digit/loss")
    both = RunMetrics([make_run("a", METRICS), make_run("b", METRICS, task_metrics=ACCURACY_IS_AN_ERROR)])
    assert not both.has_direction("test/largest/accuracy")


def test_what_a_damaged_result_says_of_metrics_is_passed_over():
    runs = RunMetrics(
        [make_run("a", METRICS, task_metrics={"sum": 3, "largest": {"accuracy": {"direction": "up"}, "f1": 1}})]
    )
    assert runs.lower("test/sum/mae")
    assert not runs.has_direction("test/largest/accuracy")


def test_default_is_what_checkpoints_were_chosen_by():
    monitor = {"metric": {"val/largest/accuracy": 1.0}, "mode": "max"}
    runs = [make_run("a", METRICS, monitor=monitor), make_run("b", METRICS, monitor=monitor)]
    assert RunMetrics(runs).default() == "test/largest/accuracy"
    assert RunMetrics([*runs, make_run("c", METRICS)]).default() == "test/sum/mae"
    both = {"metric": {"val/largest/accuracy": 1.0, "val/sum/mae": -1.0}, "mode": "max"}
    assert RunMetrics([make_run("a", METRICS, monitor=both)]).default() == "test/sum/mae"


def test_default_of_a_search_is_its_objective_on_the_test_split(tmp_path):
    objective = {"metric": "val/largest/accuracy", "direction": "maximize"}
    sweep = write_sweep(tmp_path / "search", kind="search", objectives=[objective])
    runs = [make_run("a", METRICS, sweep=sweep), make_run("b", METRICS, sweep=sweep)]
    assert RunMetrics(runs).default() == "test/largest/accuracy"
    untested = [make_run("a", {}, sweep=sweep, validation={"val/largest/accuracy": 0.5, "val/sum/mae": 1.0})]
    assert RunMetrics(untested).default() == "val/largest/accuracy"
    assert RunMetrics([*runs, make_run("c", METRICS)]).default() == "test/sum/mae"


def test_default_of_a_search_by_what_chooses_checkpoints_is_that(tmp_path):
    objective = {"metric": "val/monitor", "direction": "min"}
    sweep = write_sweep(tmp_path / "search", kind="search", objectives=[objective])
    assert RunMetrics([make_run("a", METRICS, sweep=sweep)]).default() == "test/loss"
    by = {"metric": {"val/sum/mae": 1.0, "val/largest/accuracy": -1.0}, "mode": "min"}
    assert RunMetrics([make_run("a", METRICS, sweep=sweep, monitor=by)]).default() == "test/sum/mae"


def test_default_is_the_main_metric_of_the_first_task_that_most_runs_have():
    assert RunMetrics([make_run("a", METRICS)]).default() == "test/sum/mae"
    alone = [make_run(str(n), METRICS, without=["task.sum"]) for n in range(2)]
    assert RunMetrics([make_run("a", METRICS), *alone]).default() == "test/largest/accuracy"


def test_no_metric_at_all():
    with pytest.raises(ConfigError, match=r"--metric. Valid: val/loss"):
        RunMetrics([make_run("a", {"test/rows": 3.0}, validation={"val/loss": 1.0})]).default()


def test_resolve():
    runs = RunMetrics([make_run("a", METRICS, validation={"val/loss": 1.0})])
    assert runs.resolve("test[image]/largest/accuracy") == "test[image]/largest/accuracy"
    assert (runs.resolve("largest/accuracy"), runs.resolve("mae")) == ("test/largest/accuracy", "test/sum/mae")
    with pytest.raises(ConfigError, match="which of them, test/largest/loss, test/loss, test/sum/loss"):
        runs.resolve("loss")
    wrong = "--metric test/largest/acuracy: no run has such a metric; did you mean test/largest/accuracy?"
    with pytest.raises(ConfigError, match=re.escape(wrong)):
        runs.resolve("test/largest/acuracy")


def test_tasks_of_config_or_of_what_was_tested():
    assert tasks(make_run("a")) == ["sum", "largest"]
    assert tasks(make_run("a", METRICS, config={})) == ["sum", "largest"]
