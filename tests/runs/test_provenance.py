import subprocess
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
import torch

from mmfusion.data.table.table import Table
from mmfusion.runs.provenance import LONGEST_DIFF, fingerprint, git_state, packages, provenance


def git(folder, *arguments):
    names = ["-c", "user.name=x", "-c", "user.email=x@y"]
    subprocess.run(["git", "-C", folder, *names, *arguments], check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path):
    git(tmp_path, "init", "-b", "trunk")
    (tmp_path / "a.py").write_text("one\n")
    git(tmp_path, "add", "a.py")
    git(tmp_path, "commit", "-m", "first")
    return tmp_path


def test_changes_and_new_files_are_kept_and_a_huge_diff_is_cut(repository):
    state = git_state(repository)
    assert (state["branch"], state["clean"], state["diff"], state["untracked"]) == ("trunk", True, "", [])
    assert len(state["commit"]) == 40
    (repository / "a.py").write_text("two\n")
    (repository / "b.py").write_text("new\n")
    state = git_state(repository)
    assert "-one\n+two" in state["diff"]
    assert (state["clean"], state["untracked"], state["diff_is_cut"]) == (False, ["b.py"], False)
    (repository / "a.py").write_text("x" * (LONGEST_DIFF + 10))
    state = git_state(repository)
    assert (len(state["diff"]), state["diff_is_cut"]) == (LONGEST_DIFF, True)


def test_outside_of_a_repository_and_in_an_ignored_folder_there_is_no_state(tmp_path, repository, tmp_path_factory):
    assert git_state(tmp_path_factory.mktemp("outside")) is None
    (repository / "env").mkdir()
    assert git_state(repository / "env") is None


def test_everything_a_reader_asks_for():
    found = provenance({"seed": 0}, ["a=1"])
    assert (found["seed"], found["overrides"]) == (0, ["a=1"])
    assert {"command", "git", "hardware", "packages", "python", "working_directory"} <= set(found)
    assert torch.__version__.startswith(found["packages"]["torch"])
    assert found["packages"] == packages()


def table(**changes):
    columns = {
        "path": pl.Series(["a.png", None, "c.png"]),
        "label": ["x", None, "y"],
        "image": np.arange(6.0).reshape(3, 2),
        "speech": [torch.zeros(2), None, torch.ones(3)],
    } | changes.pop("columns", {})
    values = {"name": "t", "splits": ["train", "train", "test"], "ids": ["1", "2", "3"], "rows": [1, 2, 3]}
    return Table(columns=columns, **(values | changes))


def test_a_fingerprint_is_of_the_content():
    first = fingerprint(table())
    assert first == fingerprint(table())
    assert (first["rows"], first["splits"]) == (3, {"test": 1, "train": 2})
    others = [
        table(ids=["1", "2", "4"]),
        table(splits=["train", "val", "test"]),
        table(columns={"path": pl.Series(["a.png", None, "d.png"])}),
        table(columns={"label": ["x", "None", "y"]}),
        table(columns={"image": np.arange(6.0).reshape(3, 2) + 1e-9}),
        table(columns={"speech": [torch.zeros(2), None, torch.tensor([1.0, 1.0, 2.0])]}),
        table(columns={"more": [1, 2, 3]}),
    ]
    hashes = {fingerprint(other)["hash"] for other in others} | {first["hash"]}
    assert len(hashes) == len(others) + 1
    # The splits are no part of the table's own hash, nor the order of columns of either.
    assert [fingerprint(other)["table"] == first["table"] for other in others[:2]] == [False, True]
    swapped = table()
    assert fingerprint(replace(swapped, columns=dict(reversed(swapped.columns.items())))) == first
