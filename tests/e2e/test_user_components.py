"""CONTRIBUTING's fusion and an experiment as a user's own, in a folder that mmfusion knows nothing of."""

import json
import sys

import pytest

import mmfusion
from mmfusion.cli import main
from mmfusion.config.code import read_module
from mmfusion.config.instantiate import trusting
from tests.helpers.pages import example

FUSION = example("mmfusion/fusion/maximum.py")
GROUP = example("conf/fusion/maximum.yaml").replace("mmfusion.fusion.maximum", "mypackage")
EXPERIMENT = """# @package _global_
# the seed's data under a fusion of my own
defaults:
  - seed
  - override /fusion: maximum
  - _self_
name: own
fusion:
  dim: 8
  activation: ~
"""
SMALL = ["data.rows.train=64", "data.rows.val=16", "data.rows.test=16", "debug=one_batch", "report.plots=false"]


@pytest.fixture
def workplace(tmp_path, monkeypatch):
    """The user's folder as working directory: a package, and configs elsewhere."""
    for name, text in {
        "here/mypackage/__init__.py": "from mypackage.fusion import Maximum\n",
        "here/mypackage/fusion.py": FUSION,
        "configs/fusion/maximum.yaml": GROUP,
        "configs/experiment/own.yaml": EXPERIMENT.replace("  activation: ~\n", ""),
        "configs/experiment/wrong.yaml": EXPERIMENT,
        "configs/experiment/greedy.yaml": EXPERIMENT.replace("name: own", "trusted_modules: [mypackage]"),
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setattr(sys, "path", list(sys.path))
    read_module.cache_clear()
    with trusting([]):
        yield tmp_path
    for name in [name for name in sys.modules if name.split(".")[0] == "mypackage"]:
        del sys.modules[name]
    read_module.cache_clear()


def train(*words):
    return main(["train", "--config-dir", "../configs", *words])


def test_listed_with_what_it_is(workplace, capsys):
    assert main(["ls", "fusion", "--config-dir", "../configs"]) == 0
    line = next(line for line in capsys.readouterr().out.splitlines() if "maximum" in line)
    assert line.split(maxsplit=1)[1] == (
        f"Element-wise maximum of the aligned modalities (mmfusion) [{workplace / 'configs/fusion/maximum.yaml'}]"
    )


def test_refused_without_trust_and_without_import(workplace, capsys):
    assert train("experiment=own") == 2
    err = capsys.readouterr().err
    assert "'mypackage.Maximum' is refused" in err
    assert "add trusted_modules=[" in err
    assert "mypackage" not in sys.modules


def test_a_file_cannot_trust(workplace, capsys):
    assert train("experiment=greedy") == 2
    assert "Only the command line may" in capsys.readouterr().err


def test_checked_like_mmfusions_own(workplace, capsys):
    assert train("--cfg", "job", "experiment=own", "trusted_modules=[mypackage]") == 0
    assert train("experiment=wrong", "trusted_modules=[mypackage]") == 2
    assert "fusion.activation: there is no such key; valid: dim (../configs" in capsys.readouterr().err.replace(
        str(workplace), ".."
    )
    assert "mypackage" not in sys.modules


def test_trains_evaluates_and_loads(workplace):
    trust = "trusted_modules=[mypackage]"
    assert train("experiment=own", trust, "paths.run=run", *SMALL) == 0
    assert json.loads((workplace / "here" / "run" / "result.json").read_text())["status"] == "completed"
    with trusting([]):
        assert main(["eval", "run", trust]) == 0
        loaded = mmfusion.load_run("run", trusted_modules=["mypackage"])
    assert type(loaded.model.fusion).__name__ == "Maximum"


def test_a_run_from_elsewhere_needs_trust_too(workplace, capsys):
    with trusting([]):
        assert train("experiment=own", "trusted_modules=[mypackage]", "paths.run=run", *SMALL) == 0
    assert main(["eval", "run"]) == 2
    assert "'mypackage.Maximum' is refused" in capsys.readouterr().err
    config = workplace / "here" / "run" / "config.yaml"
    config.write_text(config.read_text().replace("trusted_modules: []", "trusted_modules: [mypackage]"))
    assert main(["eval", "run"]) == 2
    assert "sets trusted_modules=[mypackage]. Only the command line may" in capsys.readouterr().err
    with pytest.raises(ValueError, match="Only the command line may"):
        mmfusion.load_run("run")
