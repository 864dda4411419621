"""Runs with several loggers, and with one that fails."""

import polars as pl
import pytest

from mmfusion.runs.train import train
from mmfusion.store.folder import RunFolder
from mmfusion.store.run import read_result
from mmfusion.training.loggers.wandb import WandB
from tests.runs.small_experiment import small_config

SHORT = ("trainer.max_epochs=1", "report.plots=false", "report.subsets=none")


def test_all_loggers_at_once_write_to_the_runs_folder(conf_dir, monkeypatch):
    monkeypatch.delenv("WANDB_MODE", raising=False)
    monkeypatch.delenv("WANDB_API_KEY", raising=False)
    result = train(small_config(conf_dir, "logger=[csv,wandb,tensorboard,mlflow]", *SHORT), show=False)
    assert result.status == "completed"
    assert list((result.path / "wandb").glob("offline-run-*/run-*.wandb"))
    assert list((result.path / "tensorboard").glob("events.*"))
    assert list((result.path / "mlflow").rglob("meta.yaml"))
    assert pl.read_csv(result.path / "metrics.csv", infer_schema_length=None)["val/loss"].drop_nulls().len() == 1


def test_one_logger_does_not_take_the_place_of_metrics_csv(conf_dir):
    result = train(small_config(conf_dir, "logger=tensorboard", *SHORT), show=False)
    assert (result.path / "metrics.csv").is_file()
    assert list((result.path / "tensorboard").glob("events.*"))


@pytest.mark.parametrize("call", ["log_hyperparams", "log_metrics", "finish"])
def test_a_tracker_that_fails_does_not_end_the_run(conf_dir, monkeypatch, capsys, call):
    def fail(*arguments, **options):
        raise ConnectionError("no route to host")

    monkeypatch.setattr(WandB, call, fail)
    result = train(small_config(conf_dir, "logger=[wandb]", *SHORT), show=False)
    assert read_result(RunFolder.open(result.path)).status == "completed"
    assert "logger wandb failed and gets nothing more" in capsys.readouterr().err
