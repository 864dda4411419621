import random

import pytest
from scipy import stats

from mmfusion.report.compare import compare
from tests.report.memory_runs import grid, make_run

METRIC = "test/largest/accuracy"
ACCURACY = {"concat": [0.80, 0.83, 0.81], "gated": [0.90, 0.91, 0.94], "sum": [0.89, 0.93, 0.90]}


def test_ranked_with_intervals_and_corrected_tests():
    found = compare(grid(ACCURACY), METRIC)
    assert [row.group.settings["fusion"] for row in found.rows] == ["gated", "sum", "concat"]
    best, second, last = found.rows
    assert best.score.mean == pytest.approx(sum(ACCURACY["gated"]) / 3)
    assert (best.paired, best.p) == (None, None)
    p = {name: stats.ttest_rel(ACCURACY["gated"], ACCURACY[name]).pvalue for name in ("sum", "concat")}
    assert second.paired.p == pytest.approx(p["sum"])
    # Two tests: the smaller p twice, the larger as it is.
    assert p["concat"] < p["sum"]
    assert (last.p, second.p) == pytest.approx((2 * p["concat"], p["sum"]))


def test_lower_is_better():
    runs = grid({"concat": [1.0, 1.1], "gated": [2.0, 2.1]}, metric="test/sum/mae")
    found = compare(runs, "mae")
    assert (found.metric, found.lower) == ("test/sum/mae", True)
    assert [row.group.settings["fusion"] for row in found.rows] == ["concat", "gated"]


def test_runs_without_the_metric_and_those_that_did_not_complete():
    runs = [
        *grid({"concat": [0.8, 0.9], "gated": [0.7, 0.6]}),
        make_run("x", {}, {"fusion": "gated"}, seed=2),
        make_run("y", {METRIC: 0.99}, {"fusion": "sum"}, status="running"),
        make_run("z", {METRIC: 0.99}, {"fusion": "concat"}, seed=3, status="failed", error="no"),
    ]
    found = compare(runs, METRIC)
    assert [(row.label, row.score.n if row.score else 0) for row in found.rows] == [
        ("fusion=concat", 2),
        ("fusion=gated", 2),
        ("fusion=sum", 0),
    ]
    assert found.rows[0].group.others == {"failed": 1}
    assert len(found.ranked) == 2
    assert set(found.values) == {"concat-0", "concat-1", "gated-0", "gated-1"}


def test_fewer_than_three_shared_seeds_are_no_test_however_alike_their_difference():
    runs = [make_run(f"c{s}", {METRIC: 0.8}, {"fusion": "concat"}, seed=s) for s in (0, 1)]
    runs += [make_run(f"g{s}", {METRIC: 0.9}, {"fusion": "gated"}, seed=s) for s in (2, 3)]
    row = compare(runs, METRIC).rows[1]
    assert (row.p, row.paired.reason) == (None, "0 shared seeds, and a test needs 3")
    row = compare(grid({"concat": [2.853, 3.853], "gated": [2.864, 3.8641]}, metric="test/sum/mae"), "mae").rows[1]
    assert (row.p, row.paired.reason) == (None, "2 shared seeds, and a test needs 3")


def test_what_varies_within_rows_is_named_where_pairs_are_missing():
    runs = [
        make_run(f"{f}{lr}{s}", {METRIC: 0.9}, {"fusion": f, "optimizer.lr": lr}, seed=s)
        for f, lr in (("concat", 0.1), ("gated", 0.2), ("concat", 0.2))
        for s in (0, 1)
    ]
    reason = compare(runs, METRIC, ["fusion"]).rows[1].paired.reason
    assert reason == "2 shared seeds with the same lr, and a test needs 3"


def test_delta_is_the_mean_over_seeds_and_costs_are_means():
    runs = []
    for s, (multi, single) in enumerate([(0.9, 0.8), (0.8, 0.8)]):
        runs.append(make_run(f"m{s}", {METRIC: multi, "test/sum/mae": 1.0}, seed=s, seconds=10.0 + 20 * s))
        runs.append(make_run(f"l{s}", {METRIC: single}, seed=s, without=["task.sum"]))
        runs.append(make_run(f"s{s}", {"test/sum/mae": 1.0}, seed=s, without=["task.largest"]))
    found = {row.group.settings["tasks"]: row for row in compare(runs, METRIC).rows}
    together = found["largest+sum"]
    assert together.delta.mean == pytest.approx((12.5 / 2 + 0) / 2)
    assert together.delta.n == 2
    assert together.costs["seconds"] == pytest.approx(20)
    assert found["largest"].delta is None
    assert found["sum"].score is None


@pytest.mark.parametrize("by", [[], ["fusion"], ["lr"]])
def test_the_order_of_runs_does_not_matter_and_equals_are_in_that_of_their_names(by):
    rng = random.Random(0)
    runs = [
        make_run(f"{f}{lr}{s}", {METRIC: rng.random()}, {"fusion": f, "optimizer.lr": lr}, seed=s)
        for f in ("concat", "gated", "sum")
        for lr in (0.1, 0.2)
        for s in range(4)
    ]
    found = compare(runs, METRIC, by)
    for seed in range(3):
        assert compare(random.Random(seed).sample(runs, len(runs)), METRIC, by) == found
    equals = compare(grid({"sum": [0.5], "concat": [0.5], "gated": [0.5]}), METRIC)
    assert [row.group.settings["fusion"] for row in equals.rows] == ["concat", "gated", "sum"]
