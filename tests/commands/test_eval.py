import sys
from types import SimpleNamespace

import pytest
import yaml

from mmfusion.cli import main
from mmfusion.commands.eval import run
from mmfusion.config.compose import load_config


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    """The text of a run's config."""
    return yaml.safe_dump(load_config())


@pytest.fixture(autouse=True)
def folder(config, tmp_path, monkeypatch):
    """The folder of a run that has got no further than its config."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "config.yaml").write_text(config)
    return tmp_path / "run"


@pytest.fixture
def calls(monkeypatch):
    """What the evaluation, which is heavy, would have been called with."""
    found = []
    stand_in = SimpleNamespace(evaluate=lambda *args, **kwargs: found.append((args, kwargs)))
    monkeypatch.setitem(sys.modules, "mmfusion.runs.evaluate", stand_in)
    return found


def test_eval(calls):
    assert main(["eval", "run", "--split", "val", "data.seed=7", "trusted_modules=[userpack]"]) == 0
    assert run(["run"]) == 0
    assert run(["run", "data.seed=7", "--checkpoint", "last", "report.subsets=none"]) == 0
    assert calls == [
        (("run", "best", "val", ["data.seed=7"], ["userpack"]), {}),
        (("run", "best", "test", [], []), {}),
        (("run", "last", "test", ["data.seed=7", "report.subsets=none"], []), {}),
    ]


def test_a_split_that_there_is_not(calls, capsys):
    with pytest.raises(SystemExit) as end:
        run(["run", "--split", "valid"])
    assert end.value.code == 2
    assert "invalid choice: 'valid'" in capsys.readouterr().err
    assert calls == []
