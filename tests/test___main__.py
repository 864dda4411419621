import runpy
import subprocess
import sys

import pytest

import mmfusion.cli
from tests.helpers.waiting import PATIENCE


def test_the_package_runs_as_the_command_does():
    found = subprocess.run(
        [sys.executable, "-m", "mmfusion", "--version"], capture_output=True, text=True, timeout=PATIENCE
    )
    assert (found.returncode, found.stdout, found.stderr) == (0, f"mmfusion {mmfusion.__version__}\n", "")


@pytest.mark.parametrize("code", [0, 2])
def test_the_exit_code_is_the_commands(monkeypatch, code):
    monkeypatch.setattr(mmfusion.cli, "main", lambda: code)
    with pytest.raises(SystemExit) as end:
        runpy.run_module("mmfusion", run_name="__main__")
    assert end.value.code == code


def test_importing_it_runs_nothing(monkeypatch):
    monkeypatch.setattr(mmfusion.cli, "main", lambda: pytest.fail("the command ran"))
    runpy.run_module("mmfusion.__main__", run_name="imported")
