"""Whole runs of two gloo processes that torchrun starts, or that share the parameters; one short epoch each."""

import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from mmfusion.cli import main
from mmfusion.runs.evaluate import evaluate
from mmfusion.store.folder import RUN_VARIABLE, RunFolder
from mmfusion.store.run import Run, read_result
from tests.helpers.forks import finish, log, start_ranks
from tests.helpers.waiting import PATIENCE

TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
SHORT = ["trainer.accelerator=cpu", "trainer.max_epochs=1", "report.subsets=leave_one_out", "data.loader.batch_size=24"]


def words(conf_dir: Path, *overrides: str) -> list[str]:
    own = ["experiment=small", *SHORT, "report.plots=false", "paths.outputs=outputs"]
    return ["--config-dir", str(conf_dir), *own, *overrides]


def result_in(folder: Path) -> Run:
    """What the one run folder says."""
    (path,) = (folder / "outputs" / "small").iterdir()
    return read_result(RunFolder.open(path))


def check(result: Run, text: str) -> None:
    """One complete run of two processes, whose best checkpoint gives the very metrics in one process."""
    assert (result.status, result.cost["processes"], result.metrics["test/rows"]) == ("completed", 2, 30)
    assert text.count("test metrics (30 rows)") == 1
    assert sorted(file.name for file in (result.path / "checkpoints").iterdir()) == ["best.ckpt", "last.ckpt"]
    predictions = pl.read_parquet(result.path / "predictions.parquet")
    assert (len(predictions), predictions["id"].n_unique()) == (30, 30)
    alone = evaluate(result.path, show=False).metrics
    assert alone.keys() == result.metrics.keys()
    for name, value in result.metrics.items():
        assert alone[name] == pytest.approx(value, rel=1e-4, abs=1e-6), name


def test_torchrun(conf_dir, repo, tmp_path):
    environment = {k: v for k, v in os.environ.items() if k not in (RUN_VARIABLE, "PYTHONPATH")}
    command = [*TORCHRUN, str(repo / "scripts" / "train.py"), *words(conf_dir, "trainer=ddp", "trainer.devices=auto")]
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True, "timeout": PATIENCE}
    done = subprocess.run(command, env=environment | {"PYTHONPATH": str(repo)}, cwd=tmp_path, **options)
    assert done.returncode == 0, done.stdout
    check(result_in(tmp_path), done.stdout)


@pytest.mark.xdist_group("forks")
def test_two_ranks_that_share_the_parameters(conf_dir, tmp_path):
    overrides = ["trainer=fsdp", "trainer.precision=fp32", "loss_weighting=gradnorm"]
    ranks = start_ranks(main, [(["train", *words(conf_dir, *overrides)],)] * 2, tmp_path)
    assert finish(ranks) == [0, 0], log(tmp_path, 0)
    result = result_in(tmp_path)
    check(result, log(tmp_path, 0) + log(tmp_path, 1))
    curves = pl.read_csv(result.path / "metrics.csv", infer_schema_length=None)
    assert (curves["step/kind/gradient_norm"].drop_nulls() > 0).all()
