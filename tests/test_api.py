import doctest
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import mmfusion
import mmfusion.api
from mmfusion.api import to_overrides
from mmfusion.config.errors import ConfigError
from mmfusion.config.quoting import value_of


def test_examples(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = doctest.testmod(mmfusion.api, optionflags=doctest.ELLIPSIS)
    assert result.attempted
    assert not result.failed


def test_what_mmfusion_offers_is_there_on_first_use():
    assert set(mmfusion.__all__) == {"Batch", "build_data", "build_model", "compose", "load_run", "train"}
    for name in mmfusion.__all__:
        assert getattr(mmfusion, name).__name__ == name
        assert name in dir(mmfusion)
        assert name not in vars(mmfusion)
    with pytest.raises(AttributeError, match="no attribute 'load_rum'"):
        _ = mmfusion.load_rum


def test_mmfusion_is_imported_without_what_is_heavy():
    code = (
        "import sys, mmfusion; mmfusion.train, mmfusion.compose; print(*{'torch', 'hydra', 'numpy'} & set(sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "\n"


@pytest.mark.parametrize(
    "value",
    [
        *(None, True, 3, -0.5, 1e-05, float("inf"), "gated", "a b", "", "null", "12", "1e3", "Größe, 'x'", "a=b", "\\"),
        *("~/x", [], ["csv", "wandb"], [1, [2.5, None]], [{"_target_": "a.B", "p": 0.5}], {}),
    ],
)
def test_a_value_is_what_it_was(value):
    (override,) = to_overrides({"key": value})
    assert value_of(override) == value
    assert type(value_of(override)) is type(value)


def test_mappings_are_taken_apart():
    settings = {"trainer": {"max_epochs": 2, "limits": {"a": "x"}}, "data.path": Path("/a/b.csv"), "tags": ("a", "b")}
    expected = ["trainer.max_epochs=2", "trainer.limits.a=x", "data.path='/a/b.csv'", "tags=[a,b]"]
    assert to_overrides(settings) == expected


def test_what_no_config_holds_is_refused():
    with pytest.raises(ConfigError, match=r"fusion\.dim: a config holds numbers, .* found ndarray"):
        to_overrides({"fusion": {"dim": np.zeros(3)}})


@pytest.mark.parametrize(
    ("overrides", "settings", "message"),
    [
        (["hydra.sweeper.n_trials=3"], {}, "Hydra's part is for many runs"),
        ([], {"hparams_search": "asha"}, "hparams_search=asha: a search is many runs; add -m"),
        ([], {"study": "fusion"}, "study=fusion: a study is for the command line"),
        ([], {"fusion": "gatd"}, "did you mean 'gated'"),
        ([], {"trainer": {"max_epoch": 2}}, "did you mean 'max_epochs'"),
    ],
)
def test_many_runs_and_typos_are_refused(overrides, settings, message):
    with pytest.raises(ConfigError, match=message):
        mmfusion.train(overrides, **settings)
