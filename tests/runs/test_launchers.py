"""Whole runs of two gloo processes that torchrun starts, or that share the parameters; one short epoch each."""

import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from mmfusion.runs.evaluate import evaluate
from mmfusion.store.folder import RUN_VARIABLE, RunFolder
from mmfusion.store.run import Run, read_result
from tests.helpers.waiting import PATIENCE

TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
SHORT = ["trainer.accelerator=cpu", "trainer.max_epochs=1", "report.subsets=leave_one_out", "data.loader.batch_size=24"]


def run(command: list[str], conf_dir: Path, repo: Path, outputs: Path, *overrides: str) -> tuple[Run, str]:
    """Run to the end; what the one run folder says, and what was printed."""
    environment = {k: v for k, v in os.environ.items() if k not in (RUN_VARIABLE, "PYTHONPATH")}
    environment |= {"PYTHONPATH": str(repo), "OMP_NUM_THREADS": "1"}
    given = [
        "--config-dir",
        str(conf_dir),
        "experiment=small",
        *SHORT,
        "report.plots=false",
        f"paths.outputs={outputs}",
    ]
    done = subprocess.run(
        [*command, str(repo / "scripts" / "train.py"), *given, *overrides],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE,
        cwd=outputs,
    )
    assert done.returncode == 0, done.stdout
    (path,) = (outputs / "small").iterdir()
    return read_result(RunFolder.open(path)), done.stdout


def check(result: Run, text: str) -> None:
    """One complete run of two processes, whose best checkpoint gives the very metrics in one process."""
    assert (result.status, result.cost["processes"], result.metrics["test/rows"]) == ("completed", 2, 30)
    assert text.count("test metrics (30 rows)") == 1
    assert sorted(file.name for file in (result.path / "checkpoints").iterdir()) == ["best.ckpt", "last.ckpt"]
    said = pl.read_parquet(result.path / "predictions.parquet")
    assert (len(said), said["id"].n_unique()) == (30, 30)
    alone = evaluate(result.path, show=False).metrics
    assert alone.keys() == result.metrics.keys()
    for name, value in result.metrics.items():
        assert alone[name] == pytest.approx(value, rel=1e-4, abs=1e-6), name


def test_torchrun(conf_dir, repo, tmp_path):
    result, text = run(TORCHRUN, conf_dir, repo, tmp_path, "trainer=ddp", "trainer.devices=auto")
    check(result, text)


def test_two_ranks_that_share_the_parameters(conf_dir, repo, tmp_path):
    overrides = ["trainer=fsdp", "trainer.devices=2", "trainer.precision=fp32", "loss_weighting=gradnorm"]
    result, text = run([sys.executable], conf_dir, repo, tmp_path, *overrides)
    check(result, text)
    log = pl.read_csv(result.path / "metrics.csv", infer_schema_length=None)
    assert (log["step/kind/gradient_norm"].drop_nulls() > 0).all()
