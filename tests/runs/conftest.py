"""One small run that many tests look at; none of them changes it."""

from __future__ import annotations

from pathlib import Path

import pytest

from mmfusion.runs.result import Result
from mmfusion.runs.train import train
from tests.runs.toy import make_toy, toy_config


@pytest.fixture(scope="session")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The config folder of the toy experiment."""
    return make_toy(tmp_path_factory.mktemp("toy"))


@pytest.fixture(scope="session")
def trained(toy: Path) -> Result:
    """A completed run of it."""
    overrides = ["loss_weighting=gradnorm", "seed=0"]
    return train(toy_config(toy, *overrides), overrides, show=False)
