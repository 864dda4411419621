from types import SimpleNamespace

import wandb

from mmfusion.training.loggers.wandb import WandB
from tests.helpers.waiting import until


def test_a_run_is_written_offline_and_nothing_is_sent(tmp_path, monkeypatch):
    # With the proxy dead any attempt to reach out would fail or hang; with no key none could succeed.
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.delenv("WANDB_API_KEY", raising=False)
    logger = WandB(folder=str(tmp_path), run="run-1", tags=["x"], group="sweep")
    logger.log_hyperparams({"optimizer": {"lr": 0.1}, "tags": []})
    logger.log_metrics({"val/loss": 1.0}, step=3)
    experiment = logger.experiment
    assert (experiment.name, experiment.group, list(experiment.tags)) == ("run-1", "sweep", ["x"])
    assert experiment.settings.mode == "offline"
    assert dict(experiment.config)["optimizer"] == {"lr": 0.1}
    logger.finish(0)
    (written,) = (tmp_path / "wandb").glob("offline-run-*/run-*.wandb")
    until(lambda: b"val/loss" in written.read_bytes())  # wandb's own process writes after finish has returned


def test_a_run_that_is_open_in_the_process_is_left_alone(tmp_path):
    settings = wandb.Settings(console="off", silent=True)
    theirs = wandb.init(mode="offline", dir=tmp_path, reinit="finish_previous", settings=settings)
    logger = WandB(folder=str(tmp_path / "ours"), run="run-6")
    try:
        logger.log_metrics({"val/loss": 1.0}, step=3)
        assert logger.experiment.id != theirs.id
        assert wandb.run is theirs
        assert "val/loss" not in dict(theirs.summary)
    finally:
        logger.finish(0)
        theirs.finish()


def test_how_the_run_ended_is_passed_on_if_it_was_ever_used(tmp_path):
    logger, codes = WandB(folder=str(tmp_path), run="run-3"), []
    logger.finish(0)
    assert not (tmp_path / "wandb").exists()
    logger._experiment = SimpleNamespace(finish=lambda exit_code: codes.append(exit_code))
    logger.finish(143)
    assert codes == [143]


def test_runs_of_a_sweep_are_a_group(tmp_path, monkeypatch):
    monkeypatch.setenv("MMFUSION_SWEEP", "digits-1a2b")
    assert WandB(folder=str(tmp_path), run="run-4")._wandb_init["group"] == "digits-1a2b"
    assert WandB(folder=str(tmp_path), run="run-5", group="mine")._wandb_init["group"] == "mine"
