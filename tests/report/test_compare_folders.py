"""`mmfusion compare`, from the command line to what is printed and written."""

import json
import os
import subprocess
import sys
import types
from pathlib import Path

import pytest

import mmfusion
from mmfusion.cli import main
from tests.helpers.run_folders import config, write_grid, write_run


@pytest.fixture
def sweep(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def value(choice, seed):
        good = 0.9 if choice["fusion"] == "gated" else 0.8
        return {
            "test/sum/mae": 2 - good - seed**2 / 100,
            "test/largest/accuracy": good + seed / 100,
            "test/x/zeal": 1.0,
        }

    folder = write_grid(tmp_path / "outputs" / "s", {"fusion": ["concat", "gated"], "optimizer.lr": [0.1]}, 3, value)
    cfg = config({"fusion": "sum", "optimizer.lr": 0.1})
    write_run(folder / "6", cfg, status="failed", error="the process ended with exit code 139")
    return folder


def test_compare(sweep, capsys):
    assert main(["compare", "outputs/s", "--by", "fusion", "--metric", "test/largest/accuracy"]) == 0
    out = capsys.readouterr().out
    assert "test/largest/accuracy (higher is better)" in out
    assert "│ 1 │ gated" in out
    assert "exit code 139" in out
    assert "Best by test/largest/accuracy: fusion=gated with 0.910 ± 0.025 (n = 3)" in out


def test_folders_above_and_several(sweep, capsys):
    write_run(sweep.parent / "alone", config({"fusion": "decision", "optimizer.lr": 0.1}), {"test/sum/mae": 0.1})
    assert main(["compare", str(sweep), "outputs/alone"]) == 0
    assert "Best by test/sum/mae: fusion=decision with 0.100 (n = 1)" in capsys.readouterr().out
    assert main(["compare", "outputs"]) == 0
    assert "fusion=decision" in capsys.readouterr().out


def test_csv_and_html(sweep, monkeypatch, capsys):
    calls = []
    page = types.SimpleNamespace(write_html=lambda runs, *rest, **more: calls.append((len(runs), *rest, more)))
    monkeypatch.setitem(sys.modules, "mmfusion.report.html", page)
    assert main(["compare", "outputs/s", "--html", "report.html", "--by", "fusion", "--metric", "mae"]) == 0
    options = {"metric": "test/sum/mae", "by": ["fusion"], "lower": {}, "sections": {}}
    assert calls == [(7, Path("report.html"), "s", options)]
    assert "report.html: the page" in capsys.readouterr().out
    assert main(["compare", "outputs/s", "--html", "report.html", "--csv", "table.CSV"]) == 0
    assert calls[1][-1] == {"metric": None, "by": [], "lower": {}, "sections": {}}
    assert Path("table.CSV").read_text().startswith("rank,fusion,")
    assert "table.CSV: the table" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["outpts"], "is not a folder; did you mean"),
        (["outputs/s/6/nothing"], "is not a folder"),
        (["outputs/s", "--metric", "acuracy"], "--metric acuracy: no run has such a metric; did you mean"),
        (["outputs/s", "--metric", "zeal"], "say --lower or --higher"),
        (["outputs/s", "--by", "fusin"], "did you mean 'fusion'"),
        (["outputs/s", "--csv", "table.txt"], "expected a name that ends in .csv"),
        (["outputs/s", "--html", "page.txt"], "expected a name that ends in .html"),
        (["outputs/s", "--lower"], "--metric names"),
    ],
)
def test_mistakes_are_told(sweep, capsys, words, message):
    assert main(["compare", *words]) == 2
    assert message in capsys.readouterr().err


def test_no_runs(tmp_path, capsys):
    assert main(["compare", str(tmp_path)]) == 2
    assert "no runs in or below" in capsys.readouterr().err


def test_direction_on_request(sweep, capsys):
    for way in ("lower", "higher"):
        assert main(["compare", "outputs/s", "--metric", "zeal", f"--{way}"]) == 0
        assert f"test/x/zeal ({way} is better)" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        main(["compare", "outputs/s", "--metric", "zeal", "--higher", "--lower"])


def test_starts_without_torch(sweep):
    """Every module of the room, and a whole comparison."""
    code = (
        "import json, pkgutil, sys, importlib, mmfusion.report\n"
        "names = [m.name for m in pkgutil.walk_packages(mmfusion.report.__path__, 'mmfusion.report.')]\n"
        "for name in names: importlib.import_module(name)\n"
        "from mmfusion.cli import main\n"
        "code = main(['compare', 'outputs/s'])\n"
        "print(json.dumps([code, names, sorted(sys.modules)]))"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(mmfusion.__file__).parents[1])}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    returned, names, modules = json.loads(done.stdout.splitlines()[-1])
    assert returned == 0
    assert {"mmfusion.report.compare", "mmfusion.report.terminal"} <= set(names)
    assert not {"torch", "pytorch_lightning", "wandb", "matplotlib"} & {name.split(".")[0] for name in modules}
