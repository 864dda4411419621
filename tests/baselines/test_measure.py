import numpy as np
import pytest

from mmfusion.baselines import measure as module
from mmfusion.baselines.measure import CONSTANT, measure_baselines
from mmfusion.training.build import build_data
from tests.runs.small_experiment import small_config, write_small_experiment


@pytest.fixture(scope="module")
def small_data(tmp_path_factory):
    data, tasks = build_data(small_config(write_small_experiment(tmp_path_factory.mktemp("small"), 600)))
    data.setup()
    return data, tasks


def measured(small_data, *splits, tasks=None):
    data, known = small_data
    return measure_baselines({name: data.rows(name) for name in splits}, data.kinds, tasks or known)


def test_linear_models_find_what_is_linear_and_not_what_they_cannot_see(small_data):
    found = measured(small_data, "train", "val", "test")
    whole = found.metrics["linear[a+b+c]"]
    assert whole["test/flag/accuracy"] > 0.85  # of c alone
    assert found.metrics["linear[c]"]["test/flag/accuracy"] > 0.85
    assert found.metrics["linear[a]"]["test/flag/accuracy"] < 0.7
    assert whole["test/level/mae"] < 0.6 * found.metrics[CONSTANT]["test/level/mae"]
    assert found.best["level"] == "linear[a+b+c]"
    assert found.best["flag"] in ("linear[c]", "linear[a+b+c]")
    assert found.outputs["kind"].shape == (len(found.ids), 3)
    assert found.penalties["linear[a]"].keys() == {"kind", "level", "flag"}
    assert found.notes == []


def test_what_stands_in_or_is_drawn_is_noted(small_data, monkeypatch):
    without = measured(small_data, "train", "test")
    assert without.metrics["linear[c]"]["test/flag/accuracy"] > 0.85
    assert "a fifth of the training rows" in without.notes[0]
    monkeypatch.setattr(module, "MOST_ROWS", 100)
    drawn = measured(small_data, "train", "val", "test", tasks={"flag": small_data[1]["flag"]})
    assert drawn.rows == 100
    assert drawn.notes == ["linear models are fitted on 100 of 360 training rows, drawn at random"]


def test_a_task_of_ones_own_is_left_out_with_a_word(small_data):
    found = measured(small_data, "train", "val", "test", tasks={"flag": small_data[1]["flag"], "odd": object()})
    assert "odd: no simple model is known for a object" in found.notes
    assert np.isfinite(list(found.metrics[CONSTANT].values())).all()
