"""A user's package that is written to a folder and never imported by mistake."""

import importlib
import sys
from pathlib import Path

import pytest

import mmfusion.config.compose
import mmfusion.config.folders
import mmfusion.config.listing


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

    def is_imported(self) -> bool:
        return self.name in sys.modules


@pytest.fixture
def user_package(tmp_path, monkeypatch):
    """A package `userpack` on `sys.path`, forgotten again after the test."""
    monkeypatch.syspath_prepend(tmp_path)
    yield UserPackage(tmp_path, "userpack")
    for name in [name for name in sys.modules if name.split(".")[0] == "userpack"]:
        del sys.modules[name]


MINI = {
    "train.yaml": "defaults:\n  - _self_\n  - fusion: concat\n  - trainer: default\n  - logger: [csv]\n"
    "  - experiment: digits\n  - debug: null\nname: run\nseed: 0\ntrusted_modules: []\nencoder: {}\ntask: {}\n"
    "hydra:\n  output_subdir: null\n",
    "fusion/concat.yaml": "# side by side (source)\n_target_: mmfusion.fusion.concat.Concat\ndim: 256\n",
    "fusion/gated.yaml": "# gates\n_target_: mmfusion.fusion.gated.Gated\ndim: 256\n",
    "trainer/default.yaml": "# one device\nmax_epochs: 20\nprecision: fp32\n",
    "trainer/ddp.yaml": "# many devices\ndefaults:\n  - default\nstrategy: ddp\n",
    "encoder/image/cnn.yaml": "# convolutions\n_target_: mmfusion.encoders.cnn.CNN\nwidths: [32]\nlr_scale: 1.0\n",
    "encoder/text/rnn.yaml": "# words\n_target_: mmfusion.encoders.rnn.RNN\nlr_scale: 1.0\n",
    "task/regression.yaml": "# a number\n_target_: mmfusion.tasks.regression.Regression\ncolumn: null\n",
    "logger/csv.yaml": "# a file\ncsv: {folder: here}\n",
    "logger/wandb.yaml": "# a service\nwandb: {mode: offline}\n",
    "experiment/digits.yaml": "# @package _global_\n# the default\ndefaults:\n  - /encoder/image: cnn\n"
    "  - /task@task.sum: regression\n  - override /fusion: concat\n  - _self_\nname: digits\n",
    "debug/fast.yaml": "# @package _global_\n# quick\ntrainer:\n  max_epochs: 1\n",
}


@pytest.fixture
def mini(tmp_path, monkeypatch):
    """A small folder of configs in the place of mmfusion's own, and an empty working directory."""
    folder = tmp_path / "own"
    for name, text in MINI.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    for module in (mmfusion.config.compose, mmfusion.config.folders, mmfusion.config.listing):
        monkeypatch.setattr(module, "own_folder", lambda: folder)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return folder
