"""One small run that many tests look at, and none of them changes; and a table to validate."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mmfusion.runs.train import train_config
from mmfusion.store.folder import RunFolder
from mmfusion.store.run import Run, read_result
from tests.helpers.once import once
from tests.runs.small_experiment import small_config, write_small_experiment
from tests.runs.validated_table import make_rows, media


@pytest.fixture(scope="session")
def conf_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The config folder of the small experiment."""
    return write_small_experiment(tmp_path_factory.mktemp("small"))


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A completed run of it."""

    def write(folder: Path) -> None:
        overrides = ["loss_weighting=gradnorm", "seed=0", f"paths.run={folder / 'run'}"]
        train_config(small_config(write_small_experiment(folder / "data"), *overrides), overrides, show=False)

    return read_result(RunFolder.open(once(tmp_path_factory, "trained", write) / "run"))


@pytest.fixture(scope="session")
def media_files() -> dict[str, bytes]:
    """The media of a table to validate."""
    return media()


@pytest.fixture
def rows(tmp_path: Path, media_files: dict[str, bytes]) -> list[dict[str, Any]]:
    """Its rows, which a test may change; the media lie in `tmp_path`."""
    return make_rows(tmp_path, media_files)
