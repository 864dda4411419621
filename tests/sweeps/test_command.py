"""What a config file of any job says about Hydra: some launchers have it read, and obeyed, in each job's worker."""

import json
import os
from pathlib import Path

import pytest

from mmfusion.cli import main
from tests.sweeps.conftest import STAND_IN
from tests.sweeps.test_launchers import SITE

EVIL = """\
# @package _global_
defaults:
  - digits
  - _self_
hydra:
  job_logging:
    version: 1
    handlers:
      x: {(): torch.utils.collect_env.run, command: touch %s}
    root: {handlers: [x]}
"""


@pytest.fixture
def stolen(tmp_path, monkeypatch, repo):
    """What there would be if the file were obeyed."""
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(SITE.format(stand_in=STAND_IN))
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path / 'site'}{os.pathsep}{repo}")
    monkeypatch.chdir(tmp_path)
    Path("conf/experiment").mkdir(parents=True)
    Path("conf/experiment/evil.yaml").write_text(EVIL % (tmp_path / "stolen"))
    return tmp_path / "stolen"


JOBLIB = ["hydra/launcher=joblib", "hydra.launcher.n_jobs=1"]
SWEEP = ["train", "-m", "experiment=digits,evil", *JOBLIB, "hydra.sweep.dir=sweep"]


@pytest.fixture(autouse=True)
def joblib():
    pytest.importorskip("hydra_plugins.hydra_joblib_launcher")


def test_a_file_of_the_second_combination_is_refused_too(stolen, capfd):
    assert main(SWEEP) == 2
    assert "job 1 (experiment=evil): hydra.job_logging: a config file may set" in capfd.readouterr().err
    assert not stolen.exists()
    assert not Path("sweep").exists()


def test_where_others_run_such_a_job_is_not_launched(stolen):
    assert main([*SWEEP, "hydra.sweeper.invalid=fail"]) == 1
    assert json.loads(Path("sweep/0/result.json").read_text())["status"] == "completed"
    result = json.loads(Path("sweep/1/result.json").read_text())
    assert result["status"] == "failed"
    assert "hydra.job_logging" in result["error"]
    assert not stolen.exists()
