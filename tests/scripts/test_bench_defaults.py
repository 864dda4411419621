"""scripts/bench_defaults.py judges init's own choices against a linear model."""

import importlib.util
import json
import sys

import pytest


@pytest.fixture(scope="module")
def bench(repo):
    spec = importlib.util.spec_from_file_location("bench_defaults", repo / "scripts" / "bench_defaults.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["bench_defaults"] = module  # dataclasses look there
    spec.loader.exec_module(module)
    return module


BASELINES = {
    "metrics": {
        "constant": {"test/kind/accuracy": 0.3, "test/kind/labels": 100},
        "linear[a]": {"test/kind/accuracy": 0.9, "test/kind/labels": 100},
        "linear[a+b]": {"test/kind/accuracy": 0.8, "test/kind/labels": 100, "test/kind/loss": 1.0},
    }
}


def test_a_mean_within_half_an_interval_is_reached(bench):
    runs = [{"metrics": {"test/kind/accuracy": a}, "seconds": 5.0} for a in (0.7, 0.74, 0.75)]
    (line,) = bench.lines("x", BASELINES, runs)
    assert (line.task, line.linear) == ("kind", 0.8)
    assert line.half == pytest.approx(1.96 * 0.04)
    assert line.reached
    (line,) = bench.lines("x", BASELINES, runs[:2])
    assert not line.reached


def test_a_run_that_has_completed_is_not_run_again(bench, tmp_path, monkeypatch):
    monkeypatch.setattr(bench, "mmfusion", None)
    for name, status in (("x-0", "failed"), ("x-0-1", "completed")):
        (tmp_path / "runs" / name).mkdir(parents=True)
        (tmp_path / "runs" / name / "result.json").write_text(json.dumps({"status": status, "seconds": 1.0}))
    assert bench.trained("x", 0, tmp_path)["seconds"] == 1.0
