from pathlib import Path

from mmfusion.report.page_summary import SINGLE, page_summary
from mmfusion.report.statistics import interval
from tests.report.memory_runs import grid, make_run

ACCURACY, MAE = "test/largest/accuracy", "test/sum/mae"
VALUES = {"concat": [0.80, 0.82, 0.84], "gated": [0.90, 0.93, 0.91]}


def group_of(found, name):
    return next(group for group in found["groups"] if name in group["runs"])


def test_groups_have_the_intervals_of_their_completed_runs_and_are_compared_by_each_tasks_main_metric():
    runs = [
        make_run(f"{fusion}-{seed}", {ACCURACY: value, MAE: 2.0 - seed / 9}, {"fusion": fusion}, seed=seed)
        for fusion, values in VALUES.items()
        for seed, value in enumerate(values)
    ]
    runs.append(make_run("gated-9", {ACCURACY: 0.1}, {"fusion": "gated"}, seed=9, status="failed"))
    found = page_summary(runs)
    assert (found["by"], found["keys"]) == (["fusion"], [{"key": "fusion", "short": "fusion"}])
    assert found["settings"]["gated-1"] == ["gated"]
    assert found["sweeps"] == {}
    group = group_of(found, "gated-9")
    expected = interval(VALUES["gated"])
    assert (len(group["runs"]), group["metrics"][ACCURACY]) == (4, [expected.mean, expected.half, 3])
    assert found["main"] == [MAE, ACCURACY]
    assert set(found["compared"]) == {ACCURACY, MAE}
    compared = found["compared"][ACCURACY]
    assert compared["simple"] == []
    assert compared["conclusion"].startswith("Best by test/largest/accuracy: fusion=gated")
    place = found["groups"].index(group)
    other = compared["rows"][1 - place]
    assert (compared["rows"][place]["rank"], other["rank"], other["pairs"]) == (0, 1, 3)
    assert {metric["name"]: metric["lower"] for metric in found["metrics"]} == {ACCURACY: False, MAE: True}


def test_a_group_of_one_completed_run_has_no_numbers_of_its_own():
    found = page_summary(grid({"concat": [0.8], "gated": [0.9]}))
    assert [group["metrics"] for group in found["groups"]] == [{}, {}]


def test_a_metric_of_unknown_direction_is_listed_and_not_ranked_by_unless_it_is_said():
    runs = grid({"concat": [0.8, 0.9], "gated": [0.7, 0.6]}, metric="test/sum/wonder")
    found = page_summary(runs)
    assert (found["metric"], found["compared"]) == (None, {})
    assert found["metrics"] == [{"name": "test/sum/wonder", "lower": None}]
    found = page_summary(runs, "test/sum/wonder", lower={"wonder": True})
    assert found["metrics"] == [{"name": "test/sum/wonder", "lower": True}]
    assert "fusion=gated" in found["compared"]["test/sum/wonder"]["conclusion"]


def test_numbers_stay_numbers_and_an_absent_key_is_told_from_null():
    runs = [
        make_run("a", {ACCURACY: 0.8}, {"optimizer.lr": 0.1, "head.dropout": None}),
        make_run("b", {ACCURACY: 0.8}, {"optimizer.lr": 1, "head.dropout": True}),
        make_run("c", {ACCURACY: 0.8}, {"optimizer.lr": 1}),
    ]
    found = page_summary(runs)
    assert [key["short"] for key in found["keys"]] == ["dropout", "lr"]
    assert found["settings"] == {"a": ["null", 0.1], "b": ["true", 1], "c": [None, 1]}


def test_each_sweep_is_shown_as_if_it_were_alone():
    a, b = Path("/nowhere/a"), Path("/nowhere/b")
    first = [make_run(f"a/{f}", {ACCURACY: 0.9}, {"fusion": f}, sweep=a) for f in ("concat", "sum")]
    second = [make_run(f"b/{rate}", {MAE: rate}, {"optimizer.lr": rate}, sweep=b) for rate in (0.1, 0.2)]
    runs = [*first, *second, make_run("alone", {ACCURACY: 0.8})]
    search = [{"sweep": "b", "objective": "val/loss", "trials": 0, "methods": {}, "note": None}]
    found = page_summary(runs, known_searches=search)
    assert {key["key"] for key in found["keys"]} == {"fusion", "optimizer.lr"}
    assert list(found["sweeps"]) == [SINGLE, "a", "b"]
    assert found["sweeps"]["a"] | {"sweeps": {}} == page_summary(first)
    assert [key["key"] for key in found["sweeps"]["b"]["keys"]] == ["optimizer.lr"]
    assert list(found["sweeps"][SINGLE]["settings"]) == ["alone"]
    assert (found["sweeps"]["a"]["searches"], found["sweeps"]["b"]["searches"]) == ([], search)
    # What is requested of all is requested of a sweep as far as it goes.
    found = page_summary(runs, ACCURACY, ["fusion"])
    assert (found["sweeps"]["a"]["metric"], found["sweeps"]["a"]["by"]) == (ACCURACY, ["fusion"])
    assert found["sweeps"]["b"]["metric"] == MAE
