import subprocess
from pathlib import Path

import pytest

from mmfusion.config.errors import ConfigError
from mmfusion.studies._base import MeasuredStudy, Study
from mmfusion.studies.conclusion import Conclusion
from mmfusion.studies.launch import run_study
from mmfusion.studies.results import seed_list
from mmfusion.sweeps import multirun


class Named(MeasuredStudy):
    """What the experiment is called."""

    def measure(self, config, folder):
        (folder / "name.txt").write_text(config["name"])
        return Conclusion("study=named", [f"It is {config['name']}."], [])


class Neither(Study):
    """Of no contract."""


@pytest.fixture
def run(tmp_path, monkeypatch):
    def run(study):
        conf = tmp_path / "conf/study"
        conf.mkdir(parents=True)
        (conf / "mine.yaml").write_text(f"_target_: {__name__}.{study.__name__}\n")
        return run_study("mine", ["study=mine", "name=seven", f"trusted_modules=[{__name__}]"], [conf.parent])

    monkeypatch.chdir(tmp_path)
    return run


def test_a_study_that_measures_starts_no_job(run, capsys, monkeypatch):
    monkeypatch.setattr(subprocess, "Popen", None)
    monkeypatch.setattr(multirun, "launch", None)
    assert run(Named)
    (folder,) = Path().glob("outputs/study-mine-*")
    assert sorted(path.name for path in folder.iterdir()) == ["conclusion.md", "name.txt"]
    assert (folder / "conclusion.md").read_text() == "# study=named\n\n**It is seven.**\n"
    assert capsys.readouterr().out.endswith(f"{folder}: conclusion.md, name.txt\n")


def test_a_study_of_neither_contract_is_refused(run):
    with pytest.raises(ConfigError, match="study=mine: Neither derives from neither TrainedStudy nor MeasuredStudy"):
        run(Neither)


def test_a_number_of_seeds_is_the_first_ones():
    assert seed_list(3) == [0, 1, 2]
    assert seed_list([4, 2]) == [4, 2]


@pytest.mark.parametrize("seeds", [0, -1, [], [1, 1], [-1, 2]])
def test_seeds_that_make_no_sense(seeds):
    with pytest.raises(ValueError, match=r"^seeds: expected"):
        seed_list(seeds)
