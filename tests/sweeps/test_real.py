"""One real sweep of four jobs of one or two gloo ranks: killed in the middle, begun again, each end reported rightly.

The interpreters' starts are what takes the time, so the first go, of which little is needed, runs one job at a time.
"""

import json
import os
import signal
import struct
import subprocess
import sys

import polars as pl
import psutil
import pytest
import yaml

from mmfusion.cli import main
from mmfusion.config.instantiate import trusting
from mmfusion.sweeps.process import JobProcess
from tests.helpers.waiting import PATIENCE, until
from tests.runs.small_experiment import write_small_experiment

# The first test pays for all: eight interpreters on a busy machine.
pytestmark = [pytest.mark.timeout(1500), pytest.mark.xdist_group("sweep")]

UNLUCKY = '''
import os
import time
from pathlib import Path
from typing import Literal

import torch.distributed as dist

from mmfusion.fusion.concat import Concat


class Unlucky(Concat):
    """Notes which rank of how many has which `how`, and then does it."""

    def __init__(
        self,
        dims,
        how: Literal["fine", "die", "blowup", "hang"] = "fine",
        dim: int = 8,
        activation: str = "relu",
        dropout: float = 0.0,
        align: bool = True,
    ):
        super().__init__(dims, dim, activation, dropout, align)
        self.how = how

    def forward(self, encoded, present):
        rank = f"{self.how}-{dist.get_rank()}-of-{dist.get_world_size()}" if dist.is_initialized() else "alone"
        Path("seen").mkdir(exist_ok=True)
        Path("seen", rank).write_text(str(os.getpid()))
        if self.how == "die":
            os._exit(139)
        if self.how == "hang":
            Path("seen", f"{rank}-hangs").touch()
            time.sleep(3600)
        fused = super().forward(encoded, present)
        return {name: value * (float("nan") if self.how == "blowup" else 1.0) for name, value in fused.items()}
'''
ENDS = {
    "fine": (2, "[wandb, tensorboard]"),
    "hang": (2, "[csv]"),
    "die": (1, "[csv]"),
    "blowup": (1, "[wandb]"),
    "dye": (1, "[csv]"),
}
"""How a job ends, in how many processes, and its loggers."""
EXPERIMENT = """# @package _global_
# {how}
defaults:
  - small
  - override /trainer: ddp
  - override /logger: {loggers}
  - _self_
fusion: {{_target_: unlucky.Unlucky, how: {how}}}
trainer: {{devices: {devices}, accelerator: cpu, max_epochs: 1}}
report: {{plots: false, subsets: none}}
"""
WORDS = [
    *(f"experiment={','.join(ENDS)}", "trusted_modules=[unlucky]", "tags=[tried]", "hydra.sweep.dir=sweep"),
    *("hydra.sweeper.invalid=fail", "hydra.launcher.jobs=2", "hydra.launcher.grace_s=60"),
]


@pytest.fixture(scope="module")
def swept(tmp_path_factory, repo):
    """The sweep's folder, what was left after the kill, and the exit code and last words of the second go."""
    here = tmp_path_factory.mktemp("real")
    write_small_experiment(here, 40)
    for how, (devices, loggers) in ENDS.items():
        experiment = EXPERIMENT.format(how=how, devices=devices, loggers=loggers)
        (here / "conf" / "experiment" / f"{how}.yaml").write_text(experiment)
    (here / "unlucky.py").write_text(UNLUCKY)
    printed = here / "said"
    patch = pytest.MonkeyPatch()
    patch.chdir(here)
    patch.syspath_prepend(here)
    patch.setenv("PYTHONPATH", os.pathsep.join([str(repo), str(here)]))
    with printed.open("w") as file:
        command = [sys.executable, "-m", "mmfusion", "train", "-m", *WORDS, "hydra.launcher.jobs=1"]
        first = subprocess.Popen(command, stdout=file, stderr=file)
    try:
        until(lambda: "completed in" in printed.read_text() or first.poll() is not None, printed.read_text)
        until(lambda: (here / "seen" / "hang-1-of-2-hangs").exists() or first.poll() is not None, printed.read_text)
        assert first.poll() is None, printed.read_text()
        below = psutil.Process(first.pid).children(recursive=True)
    finally:
        first.send_signal(signal.SIGKILL)
        first.wait()
    gone, alive = psutil.wait_procs(below, timeout=PATIENCE)
    kept = (here / "sweep" / "0" / "result.json").stat().st_mtime_ns
    (here / "seen" / "hang-1-of-2-hangs").unlink()
    # How long a job really takes says nothing on a busy machine: the one that hangs is late once it does.
    real, hangs = JobProcess.seconds.fget, here / "seen" / "hang-1-of-2-hangs"
    late = property(lambda process: real(process) + (1e5 if process.job.number == 1 and hangs.exists() else 0.0))
    patch.setattr(JobProcess, "seconds", late)
    with trusting([]), printed.open("w") as file:
        patch.setattr(sys, "stderr", file)
        code = main(["train", "-m", *WORDS, "hydra.launcher.timeout_s=50000"])
    patch.undo()
    return {"here": here, "alive": alive, "gone": gone, "kept": kept, "code": code, "said": printed.read_text()}


def result(swept, number):
    return json.loads((swept["here"] / "sweep" / str(number) / "result.json").read_text())


def test_a_killed_sweep_leaves_no_process_behind(swept):
    assert len(swept["gone"]) >= 2, "two ranks of the job that hung, at the least"
    assert swept["alive"] == []


def test_the_same_command_runs_what_is_missing_alone(swept):
    assert "1 of 5 jobs are there already; 3 to run" in swept["said"], "the fifth is wrong"
    assert (swept["here"] / "sweep/0/result.json").stat().st_mtime_ns == swept["kept"]
    assert json.loads((swept["here"] / "sweep/1/job.json").read_text())["attempt"] == 2
    assert (swept["here"] / "sweep/attempts/1-1/job.json").is_file()


def test_each_end_is_reported_rightly(swept):
    assert swept["code"] == 1
    actual = {number: result(swept, number) for number in range(5)}
    assert {number: one["status"] for number, one in actual.items()} == {
        0: "completed", 1: "failed", 2: "failed", 3: "failed", 4: "failed",
    }  # fmt: skip
    assert actual[1]["error"] == "ended after 50000 s (hydra.launcher.timeout_s)"
    assert actual[2]["error"].startswith("the process ended with exit code 139 (SIGSEGV) without saying why; ")
    assert "NonFiniteLossError" in actual[3]["error"]
    assert actual[4]["error"].startswith("ConfigError: fusion.how: ")
    assert "1 of 5 jobs completed in sweep" in swept["said"]
    for number in range(1, 5):
        start = actual[number]["error"][:30]
        assert any(f"failed: job {number} (" in one and start in one for one in swept["said"].splitlines()), start
    assert "mmfusion: NonFiniteLossError" in (swept["here"] / "sweep/3/log.txt").read_text()


def test_every_rank_of_a_job_has_its_config(swept):
    seen = {path.name for path in (swept["here"] / "seen").iterdir() if not path.name.endswith("-hangs")}
    assert seen == {
        f"{how}-{rank}-of-{size}" for how, (size, _) in ENDS.items() if how != "dye" for rank in range(size)
    }
    assert result(swept, 0)["cost"]["processes"] == 2
    assert yaml.safe_load((swept["here"] / "sweep/0/config.yaml").read_text())["fusion"]["how"] == "fine"


def test_two_ranks_make_one_run(swept):
    folder, actual = swept["here"] / "sweep/0", result(swept, 0)
    rows = actual["metrics"]["test/rows"]
    assert rows > 1
    assert (folder / "log.txt").read_text().count(f"test metrics ({rows:.0f} rows)") == 1
    printed = pl.read_parquet(folder / "predictions.parquet")
    assert (len(printed), printed["id"].n_unique()) == (rows, rows)
    assert not (folder / "traceback.txt").exists()


def records(path):
    """The records of a W&B file: LevelDB's log format behind a header of seven bytes."""
    from wandb.proto import wandb_internal_pb2 as pb

    data, place, whole, actual = path.read_bytes(), 7, b"", []
    while place + 7 <= len(data):
        left = 32768 - place % 32768
        if left < 7:
            place += left
            continue
        length, kind = struct.unpack("<HB", data[place + 4 : place + 7])
        whole += data[place + 7 : place + 7 + length]
        place += 7 + length
        if kind in (1, 4):
            actual.append(pb.Record.FromString(whole))
            whole = b""
    return actual


@pytest.mark.parametrize(("number", "code"), [(0, 0), (3, 1)])
def test_a_job_is_one_run_of_its_group_with_its_end(swept, number, code):
    (path,) = (swept["here"] / "sweep" / str(number)).glob("wandb/offline-run-*/run-*.wandb")
    actual = records(path)
    (run,) = [one.run for one in actual if one.WhichOneof("record_type") == "run"][:1]
    assert (run.run_group, list(run.tags), run.display_name) == ("sweep", ["tried"], f"sweep-{number}")
    config = {
        (item.key or ".".join(item.nested_key)): json.loads(item.value_json)
        for one in actual
        for update in ([one.run.config.update, one.config.update])
        for item in update
    }
    assert config["fusion"]["how"] == ("fine" if number == 0 else "blowup")
    assert config["optimizer"]["lr"] == 0.01
    assert [one.exit.exit_code for one in actual if one.WhichOneof("record_type") == "exit"] == [code]


def test_tensorboard_finds_the_jobs_below_outputs(swept):
    from tensorboard.backend.event_processing.io_wrapper import GetLogdirSubdirectories

    actual = {os.path.relpath(path, swept["here"]) for path in GetLogdirSubdirectories(str(swept["here"]))}
    assert "sweep/0/tensorboard" in actual
