"""A user's package that is written to a folder and never imported by mistake."""

import importlib
import sys
from pathlib import Path

import pytest

from mmfusion.config.code import read_module


class UserPackage:
    """Writes modules below `folder/name` and knows whether one was imported."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder, self.name = folder, name
        (folder / name).mkdir()
        self.write("__init__.py", "")

    def write(self, path: str, text: str) -> None:
        file = self.folder / self.name / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        importlib.invalidate_caches()
        read_module.cache_clear()

    def is_imported(self) -> bool:
        return self.name in sys.modules


@pytest.fixture
def user_package(tmp_path, monkeypatch):
    """A package `userpack` on `sys.path`, forgotten again after the test."""
    monkeypatch.syspath_prepend(tmp_path)
    yield UserPackage(tmp_path, "userpack")
    for name in [name for name in sys.modules if name.split(".")[0] == "userpack"]:
        del sys.modules[name]
    read_module.cache_clear()
