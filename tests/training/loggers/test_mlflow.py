import pytest
import yaml

from mmfusion.training.loggers.build import build_loggers
from mmfusion.training.loggers.mlflow import MLflow

pytest.importorskip("mlflow")


def node(repo, name):
    return yaml.safe_load((repo / f"conf/logger/{name}.yaml").read_text())


def test_mlflow_writes_to_the_runs_folder(repo, tmp_path):
    (_, logger) = build_loggers(node(repo, "mlflow"), str(tmp_path), "run")
    logger.log_hyperparams({"a": {"b": 1}})
    logger.log_metrics({"val/loss": 1.0, "test[a+b]/sum/mae": 2.0, "step/cosine/a~b": 0.5}, step=3)
    logger.finalize("success")
    written = {file.name: file.read_text() for file in (tmp_path / "mlflow").rglob("*") if file.is_file()}
    assert "1.0 3" in written["loss"]
    assert " 2.0 3" in written["mae"]
    assert (tmp_path / "mlflow").is_dir()
    assert [p.parent.parent.name for p in (tmp_path / "mlflow").rglob("mae")] == ["test.a.b"]


def test_the_run_and_its_experiment_have_the_names_that_were_asked_for(tmp_path):
    logger = MLflow(folder=str(tmp_path), run="run-7", experiment="pets")
    logger.log_metrics({"val/loss": 0.25}, step=2)
    client, run = logger.experiment, logger.run_id
    assert client.get_run(run).info.run_name == "run-7"
    assert client.get_experiment_by_name("pets").experiment_id == client.get_run(run).info.experiment_id
    assert [(each.step, each.value) for each in client.get_metric_history(run, "val/loss")] == [(2, 0.25)]
    logger.finalize("failed")
    assert client.get_run(run).info.status == "FAILED"


def test_a_store_of_ones_own_is_taken_in_the_place_of_the_runs(tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    logger = MLflow(folder=str(tmp_path / "run"), run="x", tracking_uri=(tmp_path / "ours").as_uri())
    logger.log_metrics({"val/loss": 0.25}, step=2)
    logger.finalize("success")
    assert list((tmp_path / "ours").rglob("loss"))
    assert not (tmp_path / "run").exists()
