"""One real sweep of jobs of one or two gloo ranks: killed in the middle, begun again, each end reported rightly.

How a process can end otherwise, and be late, `test_pool.py` shows with stand-ins.
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

from mmfusion.cli import main
from mmfusion.config.instantiate import trusting
from tests.helpers.waiting import PATIENCE, until
from tests.runs.small_experiment import write_small_experiment

# The first test pays for all: six interpreters on a busy machine.
pytestmark = [pytest.mark.timeout(1500), pytest.mark.xdist_group("sweep")]

UNLUCKY = '''
import os
import time
from pathlib import Path
from typing import Literal

import torch.distributed as dist

from mmfusion.fusion.concat import Concat


class Unlucky(Concat):
    """Notes which rank of how many has which `how`, and then does it; hangs only the first time."""

    def __init__(
        self,
        dims,
        how: Literal["fine", "blowup", "hang"] = "fine",
        dim: int = 8,
        activation: str = "relu",
        dropout: float = 0.0,
        align: bool = True,
    ):
        super().__init__(dims, dim, activation, dropout, align)
        self.how = how

    def forward(self, encoded, present):
        rank = f"{self.how}-{dist.get_rank()}-of-{dist.get_world_size()}" if dist.is_initialized() else self.how
        Path("seen").mkdir(exist_ok=True)
        Path("seen", rank).touch()
        if self.how == "hang" and not Path("again").exists():
            time.sleep(3600)
        fused = super().forward(encoded, present)
        return {name: value * (float("nan") if self.how == "blowup" else 1.0) for name, value in fused.items()}
'''
JOBS = {"fine": (1, "[wandb, tensorboard]"), "hang": (2, "[csv]"), "blowup": (1, "[wandb]"), "typo": (1, "[csv]")}
"""What a job does, in how many processes, and its loggers; the last one's config is wrong."""
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
    *(f"experiment={','.join(JOBS)}", "trusted_modules=[unlucky]", "tags=[tried]", "hydra.sweep.dir=sweep"),
    *("hydra.sweeper.invalid=fail", "hydra.launcher.grace_s=60"),
]


@pytest.fixture(scope="module")
def swept(tmp_path_factory, repo):
    """The sweep's folder, what was left after the kill, and the exit code and last words of the second go."""
    here = tmp_path_factory.mktemp("real")
    write_small_experiment(here, 40)
    for how, (devices, loggers) in JOBS.items():
        experiment = EXPERIMENT.format(how=how, devices=devices, loggers=loggers)
        (here / "conf" / "experiment" / f"{how}.yaml").write_text(experiment)
    (here / "unlucky.py").write_text(UNLUCKY)
    printed = here / "printed"
    hanging = [here / "seen" / f"hang-{rank}-of-2" for rank in range(2)]
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(here)
        patch.syspath_prepend(here)
        patch.setenv("PYTHONPATH", os.pathsep.join([str(repo), str(here)]))
        with printed.open("w") as file:
            command = [sys.executable, "-m", "mmfusion", "train", "-m", *WORDS, "hydra.launcher.jobs=1"]
            first = subprocess.Popen(command, stdout=file, stderr=file)
        try:
            until(lambda: all(path.exists() for path in hanging) or first.poll() is not None, printed.read_text)
            assert first.poll() is None, printed.read_text()
            below = psutil.Process(first.pid).children(recursive=True)
        finally:
            first.send_signal(signal.SIGKILL)
            first.wait()
        gone, alive = psutil.wait_procs(below, timeout=PATIENCE)
        kept = (here / "sweep" / "0" / "result.json").stat().st_mtime_ns
        (here / "again").touch()
        with trusting([]), printed.open("w") as file:
            patch.setattr(sys, "stderr", file)
            code = main(["train", "-m", *WORDS, "hydra.launcher.jobs=2"])
    return {"here": here, "alive": alive, "gone": gone, "kept": kept, "code": code, "printed": printed.read_text()}


def result(swept, number):
    return json.loads((swept["here"] / "sweep" / str(number) / "result.json").read_text())


def test_a_killed_sweep_leaves_no_process_behind(swept):
    assert len(swept["gone"]) >= 2, "two ranks of the job that hung, at the least"
    assert swept["alive"] == []


def test_the_same_command_runs_what_is_missing_alone(swept):
    assert "1 of 4 jobs are there already; 2 to run" in swept["printed"], "the fourth is wrong"
    assert (swept["here"] / "sweep/0/result.json").stat().st_mtime_ns == swept["kept"]
    assert json.loads((swept["here"] / "sweep/1/job.json").read_text())["attempt"] == 2
    assert (swept["here"] / "sweep/attempts/1-1/job.json").is_file()


def test_each_end_is_reported_rightly(swept):
    assert swept["code"] == 1
    assert [result(swept, number)["status"] for number in range(4)] == ["completed", "completed", "failed", "failed"]
    assert "2 of 4 jobs completed in sweep" in swept["printed"]
    for number, error in ((2, "NonFiniteLossError: "), (3, "ConfigError: fusion.how: ")):
        assert result(swept, number)["error"].startswith(error)
        lines = [line for line in swept["printed"].splitlines() if f"failed: job {number} (" in line]
        assert any(error in line for line in lines)
    assert "mmfusion: NonFiniteLossError" in (swept["here"] / "sweep/2/log.txt").read_text()


def test_two_ranks_make_one_run_and_each_of_them_has_its_config(swept):
    assert {path.name for path in (swept["here"] / "seen").iterdir()} >= {"hang-0-of-2", "hang-1-of-2"}
    folder, actual = swept["here"] / "sweep/1", result(swept, 1)
    rows = actual["metrics"]["test/rows"]
    assert rows > 1
    assert actual["cost"]["processes"] == 2
    assert (folder / "log.txt").read_text().count(f"test metrics ({rows:.0f} rows)") == 1
    predictions = pl.read_parquet(folder / "predictions.parquet")
    assert (len(predictions), predictions["id"].n_unique()) == (rows, rows)
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


@pytest.mark.parametrize(("number", "how", "code"), [(0, "fine", 0), (2, "blowup", 1)])
def test_a_job_is_one_run_of_its_group_with_its_end(swept, number, how, code):
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
    assert (config["fusion"]["how"], config["optimizer"]["lr"]) == (how, 0.01)
    assert [one.exit.exit_code for one in actual if one.WhichOneof("record_type") == "exit"] == [code]


def test_tensorboard_finds_the_jobs_below_outputs(swept):
    from tensorboard.backend.event_processing.io_wrapper import GetLogdirSubdirectories

    actual = {os.path.relpath(path, swept["here"]) for path in GetLogdirSubdirectories(str(swept["here"]))}
    assert "sweep/0/tensorboard" in actual
