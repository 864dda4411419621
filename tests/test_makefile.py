"""What `make` would run: it sets itself up once, and every target that people expect is there."""

import os
import re
import shutil
import subprocess

import pytest

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="needs make")


def make(repo, *words):
    command = ["make", "--no-print-directory", *words]
    done = subprocess.run(command, cwd=repo, capture_output=True, text=True, env=os.environ | {"MAKEFLAGS": ""})
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_help_lists_the_targets(repo):
    listed = [line.split()[1] for line in make(repo).splitlines() if line.startswith("  make ")]
    phony = re.search(r"^\.PHONY: (.*)$", (repo / "Makefile").read_text(), re.MULTILINE)[1]
    assert listed == phony.split()


@pytest.mark.parametrize("target", ["demo", "test", "test-all", "lint", "docs"])
def test_a_target_sets_up_before_it_runs_and_once_alone(repo, tmp_path, target):
    venv = tmp_path / "env"
    first = make(repo, "--dry-run", target, f"VENV={venv}")
    assert first.index("-r requirements.lock") < first.index("--editable .") < first.rindex(f"{venv}/bin/")
    venv.mkdir()
    (venv / ".ready").touch()
    again = make(repo, "--dry-run", target, f"VENV={venv}")
    assert "pip install" not in again
    assert first.endswith(again)


def test_the_demo_is_a_plain_training(repo, tmp_path):
    (tmp_path / ".ready").touch()
    assert make(repo, "--dry-run", "demo", f"VENV={tmp_path}") == f"{tmp_path}/bin/mmfusion train\n"
