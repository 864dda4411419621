from pathlib import Path

import pytest

from mmfusion.config.errors import ConfigError
from mmfusion.report.across import across
from mmfusion.report.shared import SINGLE, shared
from tests.report.memory_runs import make_run

A, B = Path("/nowhere/a"), Path("/nowhere/b")
ACCURACY, MAE = "test/largest/accuracy", "test/sum/mae"


def runs():
    first = [
        make_run(f"a/{f}{s}", {ACCURACY: 0.9}, {"fusion": f}, seed=s, sweep=A)
        for f in ("concat", "sum")
        for s in (0, 1)
    ]
    second = [make_run(f"b/{rate}", {MAE: rate}, {"optimizer.lr": rate}, sweep=B) for rate in (0.1, 0.2)]
    return first, second, [make_run("alone", {ACCURACY: 0.8})]


def test_one_sweep_is_all_there_is():
    first, _, _ = runs()
    assert shared(first) == across(first) | {"sweeps": {}}


def test_each_sweep_is_told_as_if_it_were_alone():
    first, second, alone = runs()
    found = shared([*first, *second, *alone])
    assert {each["key"] for each in found["keys"]} == {"fusion", "optimizer.lr"}
    assert list(found["sweeps"]) == [SINGLE, "a", "b"]
    assert found["sweeps"]["a"] == across(first)
    assert [each["key"] for each in found["sweeps"]["b"]["keys"]] == ["optimizer.lr"]
    assert list(found["sweeps"][SINGLE]["settings"]) == ["alone"]


def test_what_was_asked_of_all_is_asked_of_a_sweep_as_far_as_it_goes():
    first, second, _ = runs()
    found = shared([*first, *second], ACCURACY, ["fusion"])
    assert (found["sweeps"]["a"]["metric"], found["sweeps"]["a"]["by"]) == (ACCURACY, ["fusion"])
    assert found["sweeps"]["b"]["metric"] == MAE
    with pytest.raises(ConfigError, match="no run has such a metric"):
        shared([*first, *second], "test/x/accuracy")


def test_a_search_has_its_own_importances():
    first, second, _ = runs()
    told = [{"sweep": "b", "objective": "val/loss", "trials": 0, "methods": {}, "note": None}]
    found = shared([*first, *second], found=told)
    assert (found["sweeps"]["a"]["searches"], found["sweeps"]["b"]["searches"]) == ([], told)
