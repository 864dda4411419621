"""mmfusion installed from a wheel, away from the repository: the same commands, the same configs."""

import json
import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def installed(repo, tmp_path_factory):
    """An environment of its own with the wheel in it, which borrows the heavy packages of this one."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", str(folder), str(repo)]
    subprocess.run(build, check=True, capture_output=True, text=True)
    (wheel,) = folder.glob("mmfusion-*.whl")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder / "env")], check=True)
    python = folder / "env" / "bin" / "python"
    install = [sys.executable, "-m", "pip", "--python", str(python), "install", "--no-deps", "--no-index", str(wheel)]
    subprocess.run(install, check=True, capture_output=True, text=True)
    site = subprocess.check_output([python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], text=True)
    # A path in a .pth file is searched after the environment's own packages, so the wheel's mmfusion is found first.
    Path(site.strip(), "borrowed.pth").write_text(sysconfig.get_path("purelib"))
    return folder / "env"


def run(installed: Path, cwd: Path, *words: str) -> str:
    done = call(installed, cwd, *words)
    assert done.returncode == 0, done.stderr
    return done.stdout


def call(installed: Path, cwd: Path, *words: str) -> subprocess.CompletedProcess:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [str(installed / "bin" / words[0]), *words[1:]]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True)


PLACES = """
import json, hydra_plugins.mmfusion_grid as g, hydra_plugins.mmfusion_process as p, hydra_plugins.mmfusion_search as s
import mmfusion, mmfusion.report.html as html
from mmfusion.config.folders import own_folder
html.page({})
print(json.dumps([str(own_folder()), str(html.ASSETS), *(module.__file__ for module in (mmfusion, g, p, s))]))
"""


def test_package_configs_page_and_sweepers_come_from_the_wheel(installed, tmp_path, repo):
    configs, assets, *modules = map(Path, json.loads(run(installed, tmp_path, "python", "-c", PLACES)))
    assert all(path.is_relative_to(installed) for path in (configs, assets, *modules))
    names = {path.relative_to(repo / "conf") for path in (repo / "conf").rglob("*.yaml")}
    assert {path.relative_to(configs) for path in configs.rglob("*.yaml")} == names
    assert {path.name for path in assets.iterdir()} == {path.name for path in (repo / "mmfusion/report/page").iterdir()}


def test_hydra_finds_the_sweepers_of_the_wheel(installed, tmp_path):
    done = call(installed, tmp_path, "mmfusion", "train", "-m", "seed=0,1", "fusion.dimm=2")
    assert done.returncode == 2
    assert "job 0 (seed=0 fusion.dimm=2): fusion.dimm: there is no such key; did you mean 'dim'" in done.stderr


def test_lists_and_composes_with_the_configs_of_the_working_directory(installed, tmp_path):
    experiment = tmp_path / "conf" / "experiment" / "mine.yaml"
    experiment.parent.mkdir(parents=True)
    experiment.write_text("# @package _global_\n# my own\ndefaults:\n  - digits\n  - _self_\nname: mine\n")
    listed = run(installed, tmp_path, "mmfusion", "ls")
    assert "fusion\n * concat" in listed
    assert "my own" in listed
    assert "name: mine\n" in run(installed, tmp_path, "mmfusion", "train", "--cfg", "job", "experiment=mine")


def test_trains_evaluates_and_predicts_away_from_the_repository(installed, tmp_path):
    (tmp_path / "new.csv").write_text("text\nthree\n")
    train = ["train", "data.rows={train: 64, val: 32, test: 32}", "trainer.max_epochs=1", "trainer.accelerator=cpu"]
    train += ["report.plots=false", "paths.run=run"]
    commands = [train, ["eval", "run"], ["predict", "run", "new.csv", "--out", "new.jsonl"]]
    # In one process: its start is what takes the time.
    code = f"from mmfusion.cli import main; assert [main(words) for words in {commands}] == [0, 0, 0]"
    assert run(installed, tmp_path, "python", "-c", code).count("test metrics (32 rows)") == 2
    result = json.loads((tmp_path / "run" / "result.json").read_text())
    assert result["status"] == "completed"
    assert "test/sum/mae" in result["metrics"]
    assert set(json.loads((tmp_path / "new.jsonl").read_text())) > {"id", "sum", "largest"}
