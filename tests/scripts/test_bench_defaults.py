"""scripts/bench_defaults.py judges init's own choices against a linear model."""

import json

import pytest

from scripts import bench_defaults as bench

BASELINES = {
    "metrics": {
        "constant": {"test/kind/accuracy": 0.3, "test/kind/labels": 100},
        "linear[a]": {"test/kind/accuracy": 0.9, "test/kind/labels": 100},
        "linear[a+b]": {"test/kind/accuracy": 0.8, "test/kind/labels": 100, "test/kind/loss": 1.0},
    }
}


def test_a_mean_within_half_an_interval_is_reached():
    runs = [{"metrics": {"test/kind/accuracy": a}, "seconds": 5.0} for a in (0.7, 0.74, 0.75)]
    (line,) = bench.lines("x", BASELINES, runs)
    assert (line.task, line.linear) == ("kind", 0.8)
    assert line.half == pytest.approx(1.96 * 0.04)
    assert line.reached
    (line,) = bench.lines("x", BASELINES, runs[:2])
    assert not line.reached


def test_a_run_that_has_completed_is_not_run_again(tmp_path, monkeypatch):
    monkeypatch.setattr(bench, "mmfusion", None)
    for name, status in (("x-0", "failed"), ("x-0-1", "completed")):
        (tmp_path / "runs" / name).mkdir(parents=True)
        (tmp_path / "runs" / name / "result.json").write_text(json.dumps({"status": status, "seconds": 1.0}))
    assert bench.trained("x", 0, tmp_path)["seconds"] == 1.0
