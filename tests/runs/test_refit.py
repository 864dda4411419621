import json

import numpy as np
import polars as pl
import pytest
import torch

from mmfusion.runs.evaluate import evaluate
from mmfusion.runs.train import train_config
from tests.runs.small_experiment import small_config

FAST = ("report.plots=false", "report.subsets=none", "scheduler=cosine", "scheduler.warmup=0")


@pytest.fixture(scope="module")
def refitted(conf_dir):
    """A run that validation ends early, trained once more on all but the test."""
    worst_first = ["callbacks=early_stopping", "callbacks.early_stopping.patience=2", "callbacks.monitor.mode=max"]
    lightnings = [
        f"+callbacks.{name}={{_target_: pytorch_lightning.callbacks.{arguments}}}"
        for name, arguments in {
            "rate": "LearningRateMonitor, log_momentum: true",
            "top": "ModelCheckpoint, monitor: val/loss, save_top_k: 2",
            "stop": "EarlyStopping, monitor: val/loss, patience: 100",
            "bar": "TQDMProgressBar, refresh_rate: 0",
        }.items()
    ]
    options = [*FAST, *worst_first, *lightnings, "trainer.refit=true", "trainer.max_epochs=12"]
    return train_config(small_config(conf_dir, *options), show=False)


def test_it_takes_the_best_epochs_steps_on_all_rows_but_the_test(refitted, conf_dir):
    assert refitted.status == "completed"
    steps, epoch = refitted.refit["steps"], refitted.refit["epoch"]
    assert (steps, epoch) == (refitted.monitor["step"] + 1, refitted.monitor["epoch"])
    assert steps == 3 * (epoch + 1) < 3 * 12  # 90 rows in batches of 32, so 3 steps an epoch
    saved = torch.load(refitted.path / "checkpoints/best.ckpt", weights_only=False)
    assert saved["global_step"] == steps
    # The learning rate of the first training, not one that ends at 0 after so many steps.
    (rate,) = {group["lr"] for group in saved["optimizer_states"][0]["param_groups"]}
    assert rate == pytest.approx(0.01 * 0.5 * (1 + np.cos(np.pi * steps / 36)), rel=1e-6)
    content = json.loads((refitted.path / "result.json").read_text())
    assert content["refit"] == refitted.refit
    # Those of `val` are what `validation` is of.
    assert [content["rows"][split]["rows"] for split in ("train", "val", "test")] == [120, 30, 30]


def test_what_is_fitted_is_fitted_on_all_rows_but_the_test(refitted, conf_dir):
    table = pl.read_csv(conf_dir.parent / "small.csv").filter(pl.col("split") != "test")
    fitted = json.loads((refitted.path / "fitted/tasks.json").read_text())["level"]
    assert np.isclose(table["level"].mean(), [value for value in fitted.values() if isinstance(value, float)]).any()


def test_its_validation_rows_are_no_validation_any_more(refitted, caplog):
    evaluate(refitted.path, split="val", show=False)
    assert "refitted on its validation rows (trainer.refit): this is no validation" in caplog.text


def test_its_model_is_the_one_checkpoint_and_the_one_that_was_tested(refitted):
    assert [path.name for path in (refitted.path / "checkpoints").iterdir()] == ["best.ckpt"]
    again = evaluate(refitted.path, show=False).metrics
    assert {name: again[name] for name in refitted.metrics} == pytest.approx(refitted.metrics, rel=1e-5)
    logged = pl.read_csv(refitted.path / "metrics.csv", infer_schema_length=None)["step"].to_list()
    assert logged == sorted(set(logged)), "the second training must not be logged over the first"


def test_lightnings_callbacks_work_beside_ours_and_the_second_training_has_none_that_stop_or_save(refitted):
    header = (refitted.path / "metrics.csv").read_text().splitlines()[0]
    assert "lr-" in header
    assert "-momentum" in header
    assert len(list(refitted.path.rglob("epoch=*.ckpt"))) == 2


@pytest.mark.parametrize(
    "split",
    [
        ("data.split.train=[train,val]", "data.split.val=null"),
        ("data.split.column=null", "data.split.ratio={train: 0.6, val: 0.2, test: 0.2}", "data.split.val=null"),
    ],
)
def test_without_validation_rows_all_epochs_are_trained_and_the_last_checkpoint_is_tested(conf_dir, split, caplog):
    result = train_config(small_config(conf_dir, *FAST, *split, "trainer.max_epochs=2"), show=False)
    assert (result.status, result.monitor["best"], result.validation) == ("completed", None, {})
    assert [path.name for path in (result.path / "checkpoints").iterdir()] == ["last.ckpt"]
    assert result.metrics["test/rows"] == 30
    splits = json.loads((result.path / "provenance.json").read_text())["data"]["splits"]
    assert splits == {"train": 120, "test": 30}
    assert "small.csv has no rows in split 'val', as data.split says" in caplog.text
    assert evaluate(result.path, show=False).metrics["test/loss"] == pytest.approx(result.metrics["test/loss"])


def test_where_no_checkpoint_is_the_best_there_is_no_refit(conf_dir, caplog):
    result = train_config(small_config(conf_dir, *FAST, "trainer.refit=true", "trainer.fast_dev_run=true"), show=False)
    assert (result.status, result.refit) == ("completed", {})
    assert "trainer.refit: no checkpoint is the best, so none says how long to train" in caplog.text
