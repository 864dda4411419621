import pytest

from mmfusion.training.loggers.tensorboard import TensorBoard

pytest.importorskip("tensorboard")


def test_what_is_logged_can_be_read_back_and_nothing_else_is_written(tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    logger = TensorBoard(folder=str(tmp_path), run="x")
    logger.log_hyperparams({"lr": 0.1})
    for step, value in ((1, 0.5), (4, 0.25)):
        logger.log_metrics({"val/loss": value, "test[a+b]/sum/mae": 2 * value}, step=step)
    logger.save()
    logger.finalize("success")
    (events,) = (tmp_path / "tensorboard").iterdir()
    assert events.name.startswith("events.")
    read = EventAccumulator(str(tmp_path / "tensorboard")).Reload()
    assert sorted(read.Tags()["scalars"]) == ["test[a+b]/sum/mae", "val/loss"]
    assert [(each.step, each.value) for each in read.Scalars("val/loss")] == [(1, 0.5), (4, 0.25)]
