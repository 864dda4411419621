import pytest

from mmfusion.config.errors import ConfigError
from mmfusion.config.instantiate import trusting
from mmfusion.sweeps.search.objectives import Objective, check_objectives, resolve_objectives

TASKS = {
    "sum": {"_target_": "mmfusion.tasks.regression.Regression"},
    "largest": {"_target_": "mmfusion.tasks.classification.Classification"},
    "own": {"_target_": "tests.report.custom_tasks.Cautious"},
}


@pytest.fixture(autouse=True)
def _trusted():
    with trusting(["tests.report.custom_tasks"]):
        yield


def config(metric="val/loss", mode="auto"):
    return {"task": TASKS, "callbacks": {"monitor": {"metric": metric, "mode": mode}}}


def resolved(given, **monitor):
    return {item.metric: item.direction for item in resolve_objectives(given, config(**monitor))}


def test_one_metric_several_or_what_is_monitored():
    assert resolved(None) == {"val/monitor": "min"}
    assert resolved(None, metric="val/largest/accuracy") == {"val/monitor": "max"}
    assert resolved(None, metric={"val/largest/accuracy": 1, "val/sum/mae": -0.5}) == {"val/monitor": "max"}
    assert resolved(None, metric="val/own/specificity", mode="max") == {"val/monitor": "max"}
    assert resolved("val/largest/f1") == {"val/largest/f1": "max"}
    assert resolved(["val/loss", "val/sum/r2"]) == {"val/loss": "min", "val/sum/r2": "max"}
    assert resolved({"val/own/specificity": "max", "val/sum/mae": "auto"}) == {
        "val/own/specificity": "max",
        "val/sum/mae": "min",
    }
    assert resolved("tasks") == dict.fromkeys(("val/sum/loss", "val/largest/loss", "val/own/loss"), "min")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("val/largest/acuracy", r"^hydra.sweeper.objectives: there is no 'val/largest/acuracy'; did you mean 'val/l"),
        ("val/sum/accuracy", r"there is no 'val/sum/accuracy'"),
        ("test/largest/accuracy", r"is of the test split.*take 'val/largest/accuracy'"),
        ("val/own/specificity", r"say whether val/own/specificity should rise or fall: \{val/own/specificity: max\}"),
        ({"val/loss": "lower"}, r"val/loss: expected min, max or auto, found 'lower'"),
        ([], r"expected at least one metric"),
    ],
)
def test_what_is_wrong_is_named(given, message):
    with pytest.raises(ConfigError, match=message):
        resolve_objectives(given, config())


def test_a_monitor_without_a_direction_is_asked_for_one():
    with pytest.raises(ConfigError, match=r"set callbacks.monitor.mode"):
        resolve_objectives(None, config(metric={"val/largest/accuracy": 1, "val/sum/mae": 1}))


@pytest.mark.parametrize("mode", ["auto", "min"])
@pytest.mark.parametrize("metric", ["val/sum/mea", {"val/loss": 1.0, "val/sum/mea": 1.0}])
def test_a_monitored_metric_that_no_task_has_is_named_before_anything_is_trained(metric, mode):
    with pytest.raises(ConfigError, match=r"^callbacks.monitor.metric: there is no 'val/sum/mea'; did you mean 'val"):
        resolve_objectives(None, config(metric, mode))


def test_a_config_that_lacks_the_task_is_refused():
    objectives = resolve_objectives("val/sum/mae", config())
    with pytest.raises(ConfigError, match=r"there is no 'val/sum/mae'"):
        check_objectives(objectives, {"task": {"largest": TASKS["largest"]}})


def test_the_value_of_a_run():
    result = {"monitor": {"best": 0.25}, "validation": {"val/sum/mae": 1.5, "val/loss": None, "val/a/b": float("nan")}}
    assert Objective("val/monitor", "min").value(result) == 0.25
    assert Objective("val/sum/mae", "min").value(result) == 1.5
    assert Objective("val/loss", "min").value(result) is None
    assert Objective("val/a/b", "min").value(result) is None
    assert Objective("val/loss", "min").value({}) is None
