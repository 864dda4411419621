import re

import pytest

from mmfusion.config.errors import ConfigError
from mmfusion.report.metrics import default_metric, main_metric, names, resolve_metric, tasks, value
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
    found = names([make_run("a", METRICS, validation={"val/loss": 1.0})])
    assert found == sorted(found)
    assert {"test[image]/largest/accuracy", "val/loss", "test/sum/mae"} < set(found)
    assert not [name for name in found if name.endswith(("rows", "labels"))]


def test_value_of_test_or_validation():
    run = make_run("a", METRICS, validation={"val/loss": 2.0})
    assert (value(run, "test/sum/mae"), value(run, "val/loss"), value(run, "val/x")) == (1.5, 2.0, None)


def test_main_metric():
    assert main_metric("largest", list(METRICS)) == "test/largest/accuracy"
    assert main_metric("sum", list(METRICS)) == "test/sum/mae"
    assert main_metric("x", ["test/x/zeal", "test/x/loss"]) == "test/x/loss"
    assert main_metric("x", ["test/x/zeal", "test/x/loss"], {"zeal": False}) == "test/x/zeal"
    assert main_metric("y", list(METRICS)) is None


def test_default_is_the_first_tasks_main_metric():
    assert default_metric([make_run("a", METRICS)]) == "test/sum/mae"


def test_default_is_what_checkpoints_were_chosen_by():
    monitor = {"metric": {"val/largest/accuracy": 1.0}, "mode": "max"}
    runs = [make_run("a", METRICS, monitor=monitor), make_run("b", METRICS, monitor=monitor)]
    assert default_metric(runs) == "test/largest/accuracy"
    assert default_metric([*runs, make_run("c", METRICS)]) == "test/sum/mae"
    both = {"metric": {"val/largest/accuracy": 1.0, "val/sum/mae": -1.0}, "mode": "max"}
    assert default_metric([make_run("a", METRICS, monitor=both)]) == "test/sum/mae"


def test_default_of_a_search_is_its_objective_on_the_test_split(tmp_path):
    objective = {"metric": "val/largest/accuracy", "direction": "maximize"}
    sweep = write_sweep(tmp_path / "search", kind="search", objectives=[objective])
    runs = [make_run("a", METRICS, sweep=sweep), make_run("b", METRICS, sweep=sweep)]
    assert default_metric(runs) == "test/largest/accuracy"
    untested = [make_run("a", {}, sweep=sweep, validation={"val/largest/accuracy": 0.5, "val/sum/mae": 1.0})]
    assert default_metric(untested) == "val/largest/accuracy"
    assert default_metric([*runs, make_run("c", METRICS)]) == "test/sum/mae"


def test_default_of_a_search_by_what_chooses_checkpoints_is_that(tmp_path):
    objective = {"metric": "val/monitor", "direction": "min"}
    sweep = write_sweep(tmp_path / "search", kind="search", objectives=[objective])
    assert default_metric([make_run("a", METRICS, sweep=sweep)]) == "test/loss"
    by = {"metric": {"val/sum/mae": 1.0, "val/largest/accuracy": -1.0}, "mode": "min"}
    assert default_metric([make_run("a", METRICS, sweep=sweep, monitor=by)]) == "test/sum/mae"


def test_default_is_of_a_task_that_most_runs_have():
    alone = [make_run(str(n), METRICS, without=["task.sum"]) for n in range(2)]
    assert default_metric([make_run("a", METRICS), *alone]) == "test/largest/accuracy"


def test_no_metric_at_all():
    with pytest.raises(ConfigError, match=r"--metric. Valid: val/loss"):
        default_metric([make_run("a", {"test/rows": 3.0}, validation={"val/loss": 1.0})])


def test_resolve():
    runs = [make_run("a", METRICS, validation={"val/loss": 1.0})]
    assert resolve_metric("test[image]/largest/accuracy", runs) == "test[image]/largest/accuracy"
    assert resolve_metric("largest/accuracy", runs) == "test/largest/accuracy"
    assert resolve_metric("mae", runs) == "test/sum/mae"
    with pytest.raises(ConfigError, match="which of them, test/largest/loss, test/loss, test/sum/loss"):
        resolve_metric("loss", runs)
    wrong = "--metric test/largest/acuracy: no run has such a metric; did you mean test/largest/accuracy?"
    with pytest.raises(ConfigError, match=re.escape(wrong)):
        resolve_metric("test/largest/acuracy", runs)


def test_tasks_of_config_or_of_what_was_tested():
    assert tasks(make_run("a")) == ["sum", "largest"]
    assert tasks(make_run("a", METRICS, config={})) == ["sum", "largest"]
