import pytest

from mmfusion.report.costs import costs, mean_costs
from tests.report.memory_runs import make_run


def test_costs():
    # 64 rows a batch, 640 rows a second
    assert costs(make_run("a")) == {"seconds": 40, "parameters": 800_000, "memory_bytes": 2**30, "step_seconds": 0.1}


def test_gpu_memory_and_processes():
    cost = {"peak_gpu_memory_bytes": 5, "peak_memory_bytes": 9, "rows_per_second": 640, "processes": 2}
    found = costs(make_run("a", cost=cost, seconds=None))
    assert found == {"memory_bytes": 5, "step_seconds": pytest.approx(0.2)}


def test_nothing_known():
    assert costs(make_run("a", cost={}, config={}, seconds=None)) == {}


def test_means_are_over_the_runs_that_know():
    runs = [make_run("a", seconds=10.0, cost={"parameters": 5}), make_run("b", seconds=30.0, cost={})]
    assert mean_costs(runs) == {"seconds": 20.0, "parameters": 5.0}
    assert mean_costs([]) == {}
