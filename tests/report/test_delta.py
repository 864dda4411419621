"""Δm against numbers worked out by hand."""

import random

import pytest

from mmfusion.config.task_metrics import MetricFacts
from mmfusion.report.delta import delta_m, deltas
from mmfusion.report.run_metrics import RunMetrics
from tests.report.memory_runs import make_run


def deltas_of(runs, metric=None):
    return deltas(runs, RunMetrics(runs), metric)


def test_by_hand():
    # +0.1 / 0.8 = 12.5%; mae is worse by 0.4 / 1.6 = 25%
    multi, single = {"a": 0.9, "b": 2.0}, {"a": 0.8, "b": 1.6}
    facts = {"a": MetricFacts("max"), "b": MetricFacts("min"), "r": MetricFacts("max", signed=True)}
    assert delta_m(multi, single, facts) == pytest.approx((12.5 - 25) / 2)
    assert delta_m(single, single, facts) == 0
    assert delta_m({"b": 1.2}, {"b": 1.6}, facts) == pytest.approx(25)
    # Around zero, in hundredths of the metric.
    assert delta_m({"r": 0.5}, {"r": -0.2}, facts) == pytest.approx(70)
    assert delta_m({"r": 0.5, "a": 0.9}, {"r": 0.0, "a": 0.8}, facts) == pytest.approx(31.25)
    for alone in (0.0, -0.2):
        with pytest.raises(ValueError, match=r"a: alone it reaches .* above 0"):
            delta_m({"a": 0.5}, {"a": alone}, facts)


@pytest.mark.parametrize("value", [0.001, -0.3])
def test_no_seed_is_dropped_for_what_came_out_of_it(value):
    runs = []
    for seed, single in enumerate((0.5, value, 0.6)):
        runs.append(make_run(f"m{seed}", {"test/sum/r2": 0.6, "test/largest/accuracy": 0.8}, seed=seed))
        runs.append(make_run(f"s{seed}", {"test/sum/r2": single}, seed=seed, without=["task.largest"]))
        runs.append(make_run(f"l{seed}", {"test/largest/accuracy": 0.8}, seed=seed, without=["task.sum"]))
    found = deltas_of(runs)
    assert found.values == pytest.approx({f"m{s}": 50 * (0.6 - x) for s, x in enumerate((0.5, value, 0.6))})


def test_one_seed_without_a_relative_change_refuses_all():
    runs = []
    for seed, single in enumerate((1.6, 0.0)):
        runs += [both(f"m{seed}", 0.9, 2.0, seed), alone(f"l{seed}", "largest", 0.8, seed)]
        runs.append(alone(f"s{seed}", "sum", single, seed))
    found = deltas_of(runs)
    assert found.values == {}
    assert found.reason == "sum: alone it reaches 0, and a relative change needs a number above 0"


def both(name, accuracy, mae, seed=0, **more):
    return make_run(name, {"test/largest/accuracy": accuracy, "test/sum/mae": mae}, seed=seed, **more)


def alone(name, task, value, seed=0, **more):
    metric = {"largest": "test/largest/accuracy", "sum": "test/sum/mae"}[task]
    other = {"largest": "task.sum", "sum": "task.largest"}[task]
    return make_run(name, {metric: value}, seed=seed, without=[other], **more)


def test_runs_of_the_same_configuration_and_seed():
    runs = [
        both("m0", 0.9, 2.0, 0),
        both("m1", 0.8, 1.6, 1),
        *(alone(f"l{s}", "largest", value, s) for s, value in enumerate((0.8, 0.8))),
        *(alone(f"s{s}", "sum", value, s) for s, value in enumerate((1.6, 3.2))),
    ]
    found = deltas_of(runs)
    assert found.values == pytest.approx({"m0": -6.25, "m1": 25.0})
    assert found.other_seeds == frozenset()
    assert found.metrics == {"largest": "test/largest/accuracy", "sum": "test/sum/mae"}
    assert found.reason is None
    assert deltas_of(random.Random(0).sample(runs, len(runs))) == found


def test_other_seeds_are_averaged_and_said():
    runs = [both("m", 0.9, 2.0, 7), alone("l", "largest", 0.8, 7)]
    runs += [alone("s0", "sum", 1.0, 0), alone("s1", "sum", 3.0, 1), alone("again", "sum", 3.0, 1)]
    found = deltas_of(runs)
    assert found.values == pytest.approx({"m": (12.5 + 0) / 2})
    assert found.other_seeds == {"m"}


def test_weighting_and_monitor_need_not_agree_and_the_rest_must():
    runs = [
        both("m", 0.9, 1.6, settings={"loss_weighting": "gradnorm", "gradients_of": "shared"}),
        alone("l", "largest", 0.8, settings={"callbacks.monitor.metric": "val/largest/accuracy"}),
        alone("s", "sum", 1.6),
    ]
    assert deltas_of(runs).values == pytest.approx({"m": 6.25})
    runs[2].config["optimizer"]["lr"] = 0.5
    found = deltas_of(runs)
    assert found.values == {}
    assert found.reason == "there is no completed run of sum alone with the configuration of m"


def test_the_rows_they_were_tested_on_must_agree():
    runs = [both("m", 0.9, 1.6), alone("l", "largest", 0.8), alone("s", "sum", 1.6)]
    for run in runs:
        run.rows["test"] = {"rows": 9, "labels": {"sum": [9, "x"], "largest": [9, "x"]}}
    assert deltas_of(runs).values == pytest.approx({"m": 6.25})
    runs[2].rows["test"] = {"rows": 8, "labels": {"sum": [8, "y"]}}
    found = deltas_of(runs)
    assert (found.values, found.reason) == ({}, "runs of sum alone were tested on other rows than m")


def test_a_tasks_own_settings_must_agree_and_a_failed_run_is_no_baseline():
    runs = [both("m", 0.9, 1.6), alone("l", "largest", 0.8)]
    assert deltas_of([*runs, alone("s", "sum", 1.6, settings={"task.sum.loss": "mae"})]).values == {}
    assert deltas_of([*runs, alone("s", "sum", 1.6, status="failed")]).values == {}


def test_a_data_seed_is_a_difference_unless_it_goes_with_the_runs():
    runs = [both("m", 0.9, 1.6, 3), alone("l", "largest", 0.8, 4), alone("s", "sum", 1.6, 4)]
    assert deltas_of(runs).values == pytest.approx({"m": 6.25})  # it is 0 in all of them
    for run in runs:
        run.config["data"]["seed"] = run.seed
    assert deltas_of(runs).values == pytest.approx({"m": 6.25})
    runs[1].config["data"]["seed"] = 1
    assert deltas_of(runs).values == {}


def test_the_chosen_metric_judges_its_task():
    runs = [both("m", 0.9, 1.6), alone("l", "largest", 0.8), alone("s", "sum", 1.6)]
    for run, f1 in zip(runs[:2], (0.5, 0.4), strict=True):
        run.metrics["test/largest/f1"] = f1
    found = deltas_of(runs, "test/largest/f1")
    assert found.metrics["largest"] == "test/largest/f1"
    assert found.values == pytest.approx({"m": (25 + 0) / 2})
    assert deltas_of(runs, "test[image]/largest/f1").metrics["largest"] == "test/largest/accuracy"


def test_nothing_to_tell_without_single_task_runs():
    found = deltas_of([both("m", 0.9, 2.0), both("n", 0.9, 2.0, status="failed")])
    assert (found.values, found.reason, found.metrics) == ({}, None, {})
