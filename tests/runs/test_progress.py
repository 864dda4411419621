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


@pytest.fixture(params=[True, False], ids=["terminal", "file"])
def screen(request, monkeypatch, tmp_path):
    monkeypatch.setattr(progress, "PATIENCE", 0.0)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.chdir(tmp_path)
    screen = io.StringIO()
    screen.isatty = lambda: request.param
    return screen


def test_validating_predicting_and_evaluating(screen, capsys, trained, conf_dir, tmp_path):
    with redirect_stderr(screen):
        validate(load_config(TINY))
        predict(trained.path, conf_dir.parent / "small.csv")
        evaluate(shutil.copytree(trained.path, tmp_path / "run"), split="val")
    labels = ["reading image", "reading speech", "predicting", "100%"]
    out, err = capsys.readouterr().out, screen.getvalue()
    assert [label for label in labels if label in err] == (labels if screen.isatty() else [])
    assert screen.isatty() or err == ""
    assert not [label for label in labels if label in out]
