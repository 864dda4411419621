from pathlib import Path

import pytest

from mmfusion.config.errors import ConfigError
from mmfusion.report.page_summary import SINGLE, page_summary, summary_of
from mmfusion.report.statistics import interval
from tests.report.memory_runs import grid, make_run

ACCURACY = "test/largest/accuracy"
RUNS = grid({"concat": [0.80, 0.82, 0.84], "gated": [0.90, 0.93, 0.91]})


def group_of(found, name):
    return next(group for group in found["groups"] if name in group["runs"])


def test_groups_have_the_intervals_of_their_completed_runs():
    found = summary_of(RUNS)
    assert found["by"] == ["fusion"]
    assert found["keys"] == [{"key": "fusion", "short": "fusion"}]
    assert found["settings"]["gated-1"] == ["gated"]
    expected = interval([0.90, 0.93, 0.91])
    assert group_of(found, "gated-0")["metrics"][ACCURACY] == [expected.mean, expected.half, 3]


def test_a_run_that_failed_is_in_its_group_and_in_none_of_its_numbers():
    runs = [*RUNS, make_run("gated-9", {ACCURACY: 0.1}, {"fusion": "gated"}, seed=9, status="failed")]
    group = group_of(summary_of(runs), "gated-9")
    assert len(group["runs"]) == 4
    assert group["metrics"][ACCURACY][2] == 3


def test_a_group_of_one_completed_run_has_no_numbers_of_its_own():
    found = summary_of(grid({"concat": [0.8], "gated": [0.9]}))
    assert [group["metrics"] for group in found["groups"]] == [{}, {}]


def test_groups_are_compared_by_the_metric_and_each_tasks_main_one():
    runs = [
        make_run(
            f"{fusion}-{seed}",
            {ACCURACY: 0.8 + 0.1 * (fusion == "gated") + seed / 99, "test/sum/mae": 2.0 - seed / 9},
            {"fusion": fusion},
            seed=seed,
        )
        for fusion in ("concat", "gated")
        for seed in range(3)
    ]
    found = summary_of(runs)
    assert found["main"] == ["test/sum/mae", ACCURACY]
    assert set(found["compared"]) == {ACCURACY, "test/sum/mae"}
    told = found["compared"][ACCURACY]
    assert told["simple"] == []
    assert told["conclusion"].startswith("Best by test/largest/accuracy: fusion=gated")
    place = found["groups"].index(group_of(found, "gated-0"))
    assert told["rows"][place]["rank"] == 0
    other = told["rows"][1 - place]
    assert other["rank"] == 1
    assert other["pairs"] == 3
    assert {each["name"]: each["lower"] for each in found["metrics"]} == {ACCURACY: False, "test/sum/mae": True}


def test_a_metric_of_unknown_direction_is_listed_and_not_ranked_by_unless_it_is_said():
    runs = grid({"concat": [0.8, 0.9], "gated": [0.7, 0.6]}, metric="test/sum/wonder")
    found = summary_of(runs)
    assert found["metric"] is None
    assert found["compared"] == {}
    assert found["metrics"] == [{"name": "test/sum/wonder", "lower": None}]
    told = summary_of(runs, "test/sum/wonder", lower={"wonder": True})
    assert told["metrics"] == [{"name": "test/sum/wonder", "lower": True}]
    assert "fusion=gated" in told["compared"]["test/sum/wonder"]["conclusion"]


def test_runs_can_be_told_apart_by_fewer_keys():
    runs = [
        make_run(f"{fusion}-{lr}", {ACCURACY: 0.8 + lr}, {"fusion": fusion, "optimizer.lr": lr})
        for fusion in ("concat", "gated")
        for lr in (0.01, 0.1)
    ]
    found = summary_of(runs, by=["fusion"])
    assert found["by"] == ["fusion"]
    assert [each["key"] for each in found["keys"]] == ["fusion", "optimizer.lr"]
    assert len(found["groups"]) == 2
    assert found["settings"]["gated-0.1"] == ["gated", 0.1]


def test_a_key_or_metric_that_is_not_there_is_refused_by_name():
    with pytest.raises(ConfigError, match="--metric accurracy: no run has such a metric; did you mean"):
        summary_of(RUNS, "accurracy")
    with pytest.raises(ConfigError, match="--by fussion: the configs have no such key"):
        summary_of(RUNS, by=["fussion"])


def test_nothing_is_there_to_compare_of_no_runs():
    found = summary_of([])
    assert found["groups"] == found["metrics"] == found["keys"] == found["searches"] == found["to_come"] == []
    assert found["metric"] is None


def test_numbers_stay_numbers_and_an_absent_key_is_told_from_null():
    runs = [
        make_run("a", {ACCURACY: 0.8}, {"optimizer.lr": 0.1, "head.dropout": None}),
        make_run("b", {ACCURACY: 0.8}, {"optimizer.lr": 1, "head.dropout": True}),
        make_run("c", {ACCURACY: 0.8}, {"optimizer.lr": 1}),
    ]
    found = summary_of(runs)
    assert [each["short"] for each in found["keys"]] == ["dropout", "lr"]
    assert found["settings"] == {"a": ["null", 0.1], "b": ["true", 1], "c": [None, 1]}


# ---- each sweep by itself

A, B = Path("/nowhere/a"), Path("/nowhere/b")
ACCURACY, MAE = "test/largest/accuracy", "test/sum/mae"


def three_groups():
    first = [
        make_run(f"a/{f}{s}", {ACCURACY: 0.9}, {"fusion": f}, seed=s, sweep=A)
        for f in ("concat", "sum")
        for s in (0, 1)
    ]
    second = [make_run(f"b/{rate}", {MAE: rate}, {"optimizer.lr": rate}, sweep=B) for rate in (0.1, 0.2)]
    return first, second, [make_run("alone", {ACCURACY: 0.8})]


def test_one_sweep_is_all_there_is():
    first, _, _ = three_groups()
    assert page_summary(first) == summary_of(first) | {"sweeps": {}}


def test_each_sweep_is_told_as_if_it_were_alone():
    first, second, alone = three_groups()
    found = page_summary([*first, *second, *alone])
    assert {each["key"] for each in found["keys"]} == {"fusion", "optimizer.lr"}
    assert list(found["sweeps"]) == [SINGLE, "a", "b"]
    assert found["sweeps"]["a"] == summary_of(first)
    assert [each["key"] for each in found["sweeps"]["b"]["keys"]] == ["optimizer.lr"]
    assert list(found["sweeps"][SINGLE]["settings"]) == ["alone"]


def test_what_was_asked_of_all_is_asked_of_a_sweep_as_far_as_it_goes():
    first, second, _ = three_groups()
    found = page_summary([*first, *second], ACCURACY, ["fusion"])
    assert (found["sweeps"]["a"]["metric"], found["sweeps"]["a"]["by"]) == (ACCURACY, ["fusion"])
    assert found["sweeps"]["b"]["metric"] == MAE
    with pytest.raises(ConfigError, match="no run has such a metric"):
        page_summary([*first, *second], "test/x/accuracy")


def test_a_search_has_its_own_importances():
    first, second, _ = three_groups()
    told = [{"sweep": "b", "objective": "val/loss", "trials": 0, "methods": {}, "note": None}]
    found = page_summary([*first, *second], known_searches=told)
    assert (found["sweeps"]["a"]["searches"], found["sweeps"]["b"]["searches"]) == ([], told)
