import errno
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from mmfusion.store.files import read_document, read_mapping, to_text, write, write_last


@pytest.fixture
def full_disk(monkeypatch):
    """No new file can be filled; what is there can be written over."""
    opened = Path.open

    def open_(path, mode="r", *arguments, **options):
        if "w" in mode and path.name.endswith(".writing"):
            opened(path, mode, *arguments, **options).close()
            raise OSError(errno.ENOSPC, "No space left on device")
        return opened(path, mode, *arguments, **options)

    monkeypatch.setattr(Path, "open", open_)


def test_a_write_that_fails_names_the_file_and_leaves_the_old_one_and_no_other(tmp_path, full_disk):
    path = tmp_path / "a.json"
    path.write_text("old")
    with pytest.raises(OSError, match=r"No space left on device: '.*/a\.json'") as caught:
        write(path, {})
    assert caught.value.errno == errno.ENOSPC
    assert path.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]


def test_the_last_word_finds_a_place_on_a_full_disk(tmp_path, full_disk):
    path = tmp_path / "a.json"
    path.write_text("x" * 100)
    write_last(path, "failed")
    assert path.read_text() == "failed"
    write_last(tmp_path / "b.json", "failed")  # nothing to write into, and no error either
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]


def test_json_holds_plain_values():
    content = {
        "a": float("nan"),
        "b": np.float32(0.5),
        "c": torch.tensor(2),
        "d": (1, True, None),
        "e": Path("x"),
        1: "ü",
    }
    expected = {"a": None, "b": 0.5, "c": 2.0, "d": [1, True, None], "e": "x", "1": "ü"}
    assert json.loads(to_text("a.json", content)) == expected
    assert "NaN" not in to_text("a.json", content)


def test_a_file_is_parsed_again_when_it_has_changed(tmp_path):
    path = tmp_path / "a.json"
    path.write_text('{"a": 1}')
    first = read_document(path)
    assert read_document(path) is first
    path.write_text('{"a": 12}')
    assert read_document(path) == {"a": 12}
    path.unlink()
    assert read_document(path) is None


def test_content_of_another_kind_is_refused(tmp_path):
    for name, text in (("a.json", "[]"), ("a.yaml", "- a")):
        (tmp_path / name).write_text(text)
        with pytest.raises(ValueError, match="expected a mapping, found list"):
            read_document(tmp_path / name)
        assert read_mapping(tmp_path / name) == {}
    assert read_mapping(tmp_path / "none.json") == {}


def test_the_package_starts_without_torch(repo):
    modules = ", ".join(f"mmfusion.store.{path.stem}" for path in (repo / "mmfusion/store").glob("[a-z]*.py"))
    code = f"import sys, {modules}; print([name for name in ('torch', 'hydra', 'optuna') if name in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", code], cwd=repo, text=True) == "[]\n"
