"""What takes long shows that it goes on: on standard error, and on a terminal alone."""

import io
import shutil
from contextlib import redirect_stderr

import pytest

from mmfusion import progress
from mmfusion.config.compose import load_config
from mmfusion.runs.evaluate import evaluate
from mmfusion.runs.predict import predict
from mmfusion.runs.validate import validate

TINY = ["data.rows.train=40", "data.rows.val=10", "data.rows.test=10"]


class Screen(io.StringIO):
    def __init__(self, terminal):
        super().__init__()
        self.terminal = terminal

    def isatty(self):
        return self.terminal


@pytest.fixture(params=[True, False], ids=["terminal", "file"])
def screen(request, monkeypatch):
    monkeypatch.setattr(progress, "PATIENCE", 0.0)
    monkeypatch.setenv("TERM", "xterm")
    return Screen(request.param)


def check(screen, labels, out):
    shown = screen.getvalue()
    assert [label for label in labels if label not in shown] == ([] if screen.terminal else labels)
    assert screen.terminal or shown == ""
    assert not [label for label in labels if label in out]


def test_validating(screen, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with redirect_stderr(screen):
        validate(load_config(TINY))
    check(screen, ["reading image", "reading speech"], capsys.readouterr().out)


def test_predicting(screen, capsys, trained, conf_dir):
    with redirect_stderr(screen):
        predict(trained.path, conf_dir.parent / "small.csv")
    check(screen, ["predicting"], capsys.readouterr().out)


def test_evaluating(screen, capsys, tmp_path, trained):
    copied = shutil.copytree(trained.path, tmp_path / "run")
    with redirect_stderr(screen):
        evaluate(copied, split="val")
    check(screen, ["100%"], capsys.readouterr().out)
