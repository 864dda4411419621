import json
import os

import pytest

from mmfusion.config.errors import ConfigError
from mmfusion.store.folder import RUN_VARIABLE, RunFolder, is_main_process


@pytest.fixture(autouse=True)
def alone(monkeypatch):
    for name in ("RANK", "LOCAL_RANK", "NODE_RANK", "SLURM_PROCID", "SLURM_STEP_ID", RUN_VARIABLE):
        monkeypatch.delenv(name, raising=False)


def test_a_folder_that_is_there_is_never_taken(tmp_path):
    made = [RunFolder.create(tmp_path / "a" / "run").path.name for _ in range(3)]
    assert made == ["run", "run-1", "run-2"]
    assert sorted(p.name for p in (tmp_path / "a" / "run").iterdir()) == ["checkpoints", "fitted", "plots"]


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match=r"paths\.run: cannot make .*file/run: Not a directory"):
        RunFolder.create(tmp_path / "file" / "run")


def test_other_ranks_take_rank_0s_folder_and_write_nothing(tmp_path, monkeypatch):
    first = RunFolder.create(tmp_path / "run")
    monkeypatch.setenv(RUN_VARIABLE, "before")
    with first.announced():
        monkeypatch.setenv("LOCAL_RANK", "1")
        other = RunFolder.create(tmp_path / "another")
    assert other.path == first.path
    assert not (tmp_path / "another").exists()
    other.write("a.json", {})
    assert other.write_new("a", {}).name == "a.json"
    assert not list(first.path.glob("a.*"))
    assert os.environ[RUN_VARIABLE] == "before"


@pytest.mark.parametrize(
    ("variables", "main"),
    [
        ({}, True),
        ({"RANK": "0", "LOCAL_RANK": "0"}, True),
        ({"RANK": "2", "LOCAL_RANK": "0"}, False),
        ({"LOCAL_RANK": "1"}, False),
        ({"NODE_RANK": "1"}, False),
        ({"NODE_RANK": "0", "LOCAL_RANK": "0"}, True),
        ({"SLURM_PROCID": "3"}, True),
        ({"SLURM_PROCID": "3", "SLURM_STEP_ID": "0"}, False),
    ],
)
def test_who_is_rank_0(monkeypatch, variables, main):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert is_main_process() is main


def test_a_new_file_takes_no_others_place(tmp_path):
    folder = RunFolder.create(tmp_path / "run")
    assert [folder.write_new("a", {"i": i}).name for i in range(3)] == ["a.json", "a-1.json", "a-2.json"]
    assert [folder.read(name)["i"] for name in ("a.json", "a-1.json", "a-2.json")] == [0, 1, 2]


def test_it_opens_from_within(tmp_path):
    folder = RunFolder.create(tmp_path / "run")
    folder.write("config.yaml", {"seed": 0})
    for inside in ("", "checkpoints", "checkpoints/best.ckpt"):
        assert RunFolder.open(folder.path / inside).path == folder.path
    assert folder.read("config.yaml") == {"seed": 0}


@pytest.mark.parametrize(("name", "why"), [("missing", "does not exist"), ("", "no config.yaml in it")])
def test_what_is_no_run_is_refused(tmp_path, name, why):
    with pytest.raises(ConfigError, match=why):
        RunFolder.open(tmp_path / name)


def test_damage_is_named(tmp_path):
    folder = RunFolder.create(tmp_path / "run")
    with pytest.raises(ConfigError, match=r"has no fitted/data\.json: the run ended before"):
        folder.read("fitted/data.json")
    (folder.path / "result.json").write_text(json.dumps({"a": 1})[:-2])
    with pytest.raises(ConfigError, match="is damaged"):
        folder.read("result.json")
