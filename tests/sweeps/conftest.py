"""Jobs that a test can have in a tenth of a second: a small program in place of `mmfusion train`."""

import sys

import pytest

from mmfusion.store.sweep import Sweep

# Reads its folder from the last word, as `mmfusion train` does; the word `do=<what>` says how to end.
STAND_IN = """
import json, os, pathlib, signal, sys, time
folder = pathlib.Path(sys.argv[-1].split("=", 1)[1].strip("'"))
words = dict(word.split("=", 1) for word in sys.argv[1:-1] if "=" in word)
def write(**result):
    staged = folder / "result.writing"
    staged.write_text(json.dumps({"status": "running", "name": "x", "seed": 0, **result}))
    staged.replace(folder / "result.json")
def stop(*_):
    write(status="stopped", error="stopped by SIGTERM")
    sys.exit(143)
signal.signal(signal.SIGTERM, stop)
write()
print("hello from", os.getpid(), "gpus", os.environ.get("CUDA_VISIBLE_DEVICES"))
sys.stdout.flush()
do = words.get("do", "complete")
if do == "die":
    os._exit(139)
if do == "kill":
    os.kill(os.getpid(), signal.SIGKILL)
if do == "fail":
    write(status="failed", error="ValueError: no luck")
    sys.exit(1)
if do == "deaf":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if do in ("hang", "deaf"):
    (folder / "hanging").touch()
    time.sleep(600)
if do == "nothing":
    (folder / "result.json").unlink()
    sys.exit("mmfusion: no such thing")
given = {key: value for key, value in os.environ.items() if "MMFUSION" in key}
write(status="completed", metrics={"test/a/mae": 1.0}, monitor={"best": 1.0}, environment=given)
"""


@pytest.fixture
def folder(tmp_path):
    """A grid without jobs."""
    folder = Sweep(tmp_path / "sweep")
    folder.open(kind="grid")
    return folder


@pytest.fixture
def stand_in(monkeypatch):
    """Every job runs the stand-in from now on."""

    def command_line(words, job):
        return [sys.executable, "-S", "-c", STAND_IN, *words, *job.overrides, f"paths.run='{job.folder}'"]

    monkeypatch.setattr("mmfusion.sweeps.process.command_line", command_line)
