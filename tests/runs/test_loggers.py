"""A run with several loggers, one of which fails."""

import polars as pl

from mmfusion.runs.train import train_config
from mmfusion.training.loggers.tensorboard import TensorBoard
from tests.runs.small_experiment import small_config


def test_all_others_write_to_the_runs_folder_and_the_run_completes(conf_dir, monkeypatch, capsys):
    def fail(*arguments, **options):
        raise ConnectionError("no route to host")

    monkeypatch.delenv("WANDB_MODE", raising=False)
    monkeypatch.delenv("WANDB_API_KEY", raising=False)
    monkeypatch.setattr(TensorBoard, "log_metrics", fail)
    short = ("trainer.max_epochs=1", "report.plots=false", "report.subsets=none")
    result = train_config(small_config(conf_dir, "logger=[wandb,tensorboard,mlflow]", *short), show=False)
    assert result.status == "completed"
    assert list((result.path / "wandb").glob("offline-run-*/run-*.wandb"))
    assert list((result.path / "mlflow").rglob("meta.yaml"))
    assert pl.read_csv(result.path / "metrics.csv", infer_schema_length=None)["val/loss"].drop_nulls().len() == 1
    assert "logger tensorboard failed and gets nothing more" in capsys.readouterr().err
