from pathlib import Path

import pytest

from mmfusion.config.errors import ConfigError
from mmfusion.runs.folder import RunFolder
from mmfusion.runs.result import Result, flat_ceilings, read_result


def test_it_comes_back_as_it_was_written(tmp_path):
    folder = RunFolder.create(tmp_path / "run")
    result = Result(folder.path, "completed", "x", 0, "now", 1.5, {"test/a/mae": 0.5}, cost={"parameters": 3})
    result.write(folder)
    assert read_result(folder) == result
    assert "folder" not in folder.read_json("result.json")


def test_a_folder_that_was_moved_is_found_where_it_is(tmp_path):
    folder = RunFolder.create(tmp_path / "run")
    Result(folder.path, "running", "x", 0, "now").write(folder)
    moved = folder.path.rename(tmp_path / "moved")
    assert read_result(RunFolder(moved)).folder == moved


def test_what_is_no_result_is_named(tmp_path):
    folder = RunFolder.create(tmp_path / "run")
    Result(folder.path, "completed", "x", 0, "now").write(folder)
    content = folder.read_json("result.json")
    folder.write_json("result.json", content | {"of_a_later_version": 1})
    assert read_result(folder).status == "completed"
    for damaged in ({"status": "completed"}, []):
        folder.write_json("result.json", damaged)
        with pytest.raises(ConfigError, match=r"result\.json is damaged: "):
            read_result(folder)


def test_ceilings_go_by_the_metrics_own_names():
    asked = []

    def ceiling(modalities):
        asked.append(modalities)
        return {"sum": {"mae": float(3 - len(modalities)), "r2": 1.0}}

    names = [
        "test/rows",
        "test/sum/mae",
        "test/sum/rmse",
        "test[image]/sum/mae",
        "test[image+text]/sum/mae",
        "test/a/mae",
    ]
    found = flat_ceilings(dict.fromkeys(names, 0.0), ["image", "text", "speech"], ceiling)
    assert found == {"test/sum/mae": 0.0, "test[image]/sum/mae": 2.0, "test[image+text]/sum/mae": 1.0}
    assert asked == [frozenset({"image", "text", "speech"}), frozenset({"image"}), frozenset({"image", "text"})]


def test_a_changed_copy():
    result = Result(Path("x"), "running", "x", 0, "now")
    assert result.but(status="failed").status == "failed"
    assert result.status == "running"
