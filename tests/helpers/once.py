"""What several tests read is written once, however many processes they run in; none of them changes it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock


def once(factory: pytest.TempPathFactory, name: str, write: Callable[[Path], Any]) -> Path:
    """The folder of that name, which the first process that asks for it lets `write` fill."""
    base = factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / name
    with FileLock(f"{folder}.lock"):
        if not (folder / "complete").exists():
            folder.mkdir()
            write(folder)
            (folder / "complete").touch()
    return folder
