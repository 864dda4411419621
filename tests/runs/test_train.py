import contextlib
import io
import json

import optuna
import polars as pl
import pytest
import torch
import yaml

from mmfusion.cli import main
from mmfusion.runs.evaluate import evaluate
from mmfusion.runs.train import train_config
from mmfusion.store.folder import RunFolder
from mmfusion.store.run import read_result
from mmfusion.training.callbacks.checkpoint import load_module_state
from mmfusion.training.search.storage import open_storage
from mmfusion.training.search.trial import Announcement
from tests.runs.small_experiment import small_config

SUBSETS = ["a", "b", "c", "a+b", "a+c", "b+c", "a+b+c"]


def test_the_folder_holds_everything(trained):
    files = {str(path.relative_to(trained.path)) for path in trained.path.rglob("*") if path.is_file()}
    plots = "loss weights gradient_norms gradient_cosines modalities confusion_kind confusion_flag predicted_level"
    assert files == {
        *("config.yaml", "overrides.yaml", "result.json", "provenance.json", "metrics.csv", "predictions.parquet"),
        *("checkpoints/best.ckpt", "checkpoints/last.ckpt", "fitted/data.json", "fitted/tasks.json"),
        *(f"plots/{name}.png" for name in plots.split()),
    }


def test_result_json(trained):
    content = json.loads((trained.path / "result.json").read_text())
    assert (content["status"], content["error"], content["seed"], content["name"]) == ("completed", None, 0, "small")
    assert content["seconds"] > 0
    metrics = content["metrics"]
    for split in ["test", *(f"test[{subset}]" for subset in SUBSETS)]:
        for name in ("kind/accuracy", "kind/f1", "level/mae", "level/r2", "flag/auroc"):
            assert isinstance(metrics[f"{split}/{name}"], float), f"{split}/{name}"
    assert metrics["test/rows"] == 30
    assert metrics["test[a]/rows"] < 30
    assert content["cost"]["parameters"] == content["cost"]["trained_parameters"] > 100
    assert all(content["cost"][name] > 0 for name in ("rows_per_second", "fit_seconds", "peak_memory_bytes"))
    assert 0 <= content["cost"]["waiting"] < 1
    assert content["monitor"]["metric"] == {"val/loss": 1.0}
    assert content["monitor"]["best"] == content["validation"]["val/loss"] == content["validation"]["val/monitor"]
    assert read_result(RunFolder.open(trained.path)) == trained


def test_config_overrides_and_provenance(trained):
    config = yaml.safe_load((trained.path / "config.yaml").read_text())
    assert (config["name"], config["optimizer"]["lr"]) == ("small", 0.01)
    assert config["loss_weighting"]["_target_"].endswith("GradNorm")
    overrides = yaml.safe_load((trained.path / "overrides.yaml").read_text())
    assert overrides == ["loss_weighting=gradnorm", "seed=0", f"paths.run={trained.path}"]
    provenance = json.loads((trained.path / "provenance.json").read_text())
    assert provenance["data"]["splits"] == {"test": 30, "train": 90, "val": 30}
    assert provenance["seed"] == 0


def test_metrics_csv(trained):
    table = pl.read_csv(trained.path / "metrics.csv", infer_schema_length=None)
    assert table["step"].is_sorted()
    assert table["step"].is_unique().all()
    assert table["epoch"].max() == 2
    assert table["val/monitor"].drop_nulls().to_list() == table["val/loss"].drop_nulls().to_list()
    assert table["val/monitor"].min() == pytest.approx(trained.monitor["best"])
    best = table.filter(pl.col("val/monitor") == table["val/monitor"].min())
    assert best["step"].to_list() == [trained.monitor["step"]]
    for name in ("kind/loss", "level/weight", "flag/gradient_norm", "cosine/kind~level"):
        assert table[f"step/{name}"].drop_nulls().len() >= 4, name
    assert table["lr/model"].drop_nulls().len() >= 4
    weights = table.select("step/kind/weight", "step/level/weight", "step/flag/weight").drop_nulls()
    assert weights.sum_horizontal().to_list() == pytest.approx([3.0] * len(weights), rel=1e-5)
    assert table["train/rows"].drop_nulls().to_list() == [90.0] * 3
    assert not any(name.startswith("test") for name in table.columns)


def test_predictions_agree_with_the_metrics(trained):
    predicted = pl.read_parquet(trained.path / "predictions.parquet")
    assert predicted["id"].n_unique() == 30
    kind = predicted.drop_nulls("kind_true")
    assert len(kind) < 30
    assert (kind["kind"] == kind["kind_true"]).mean() == pytest.approx(trained.metrics["test/kind/accuracy"])
    error = (predicted["level"] - predicted["level_true"]).abs().mean()
    assert error == pytest.approx(trained.metrics["test/level/mae"], rel=1e-5)


def test_the_same_seed_gives_the_same_run_and_another_does_not(conf_dir, trained, capsys):
    again = train_config(small_config(conf_dir, "loss_weighting=gradnorm", "seed=0", "report.plots=false"), show=False)
    assert again.metrics == trained.metrics
    a, b = (load_module_state(run.path / "checkpoints" / "last.ckpt") for run in (trained, again))
    assert all(torch.equal(a[name], b[name]) for name in a)
    assert capsys.readouterr().out == ""
    other = train_config(small_config(conf_dir, "loss_weighting=gradnorm", "seed=1", "report.plots=false"))
    assert other.metrics != trained.metrics
    text = capsys.readouterr().out
    assert [words for words in ("test metrics (30 rows)", "a + b + c", "Run folder") if words not in text] == []


def test_the_test_is_made_with_the_best_checkpoint_by_a_combination(conf_dir):
    # The second term makes the first epoch the best one.
    metric = "{val/kind/accuracy: 1e-9, val/level/mae: 1}"
    config = small_config(
        conf_dir, f"callbacks.monitor.metric={metric}", "callbacks.monitor.mode=max", "report.plots=false"
    )
    result = train_config(config, show=False)
    assert result.monitor["epoch"] == 0
    assert result.monitor["best"] == pytest.approx(result.validation["val/level/mae"], abs=1e-6)
    best, last = (load_module_state(result.path / "checkpoints" / f"{name}.ckpt") for name in ("best", "last"))
    assert not all(torch.equal(best[name], last[name]) for name in best)


@pytest.fixture(scope="module")
def odd(conf_dir, tmp_path_factory):
    """A run on a relative path: without test rows, and with cells that are no numbers; and what it printed."""
    folder = tmp_path_factory.mktemp("odd")
    header, *lines = (conf_dir.parent / "small.csv").read_text().splitlines()
    cells = [line.split(",") for line in lines if ",test," not in line]
    for row in (1, 2, 3):  # of train, train and val
        cells[row][2] = "oops"
    (folder / "odd.csv").write_text("\n".join([header, *map(",".join, cells)]))
    wanted = ("data.loader.on_error=absent", "data.loader.max_error_rate=0.5", "trainer.max_epochs=1")
    screen = io.StringIO()
    with contextlib.chdir(folder), contextlib.redirect_stdout(screen):
        result = train_config(small_config(conf_dir, "data.path=odd.csv", f"paths.run={folder / 'run'}", *wanted))
    return result, screen.getvalue()


def test_what_could_not_be_read_is_counted_in_the_result(odd):
    result, _ = odd
    faulty = json.loads((result.path / "result.json").read_text())["faulty"]
    assert {split: found["a"]["rows"] for split, found in faulty.items()} == {"train": 2, "val": 1}
    assert "odd.csv, line 5, " in faulty["val"]["a"]["first"][0]
    assert "expected a number, found 'oops'" in faulty["val"]["a"]["first"][0]
    assert result.faulty == faulty


def test_without_test_rows_a_run_completes_and_its_report_says_so(odd):
    result, printed = odd
    assert (result.status, result.metrics) == ("completed", {})
    assert result.validation["val/loss"] > 0
    assert "no test rows: nothing was tested" in printed


def test_a_run_on_a_relative_path_can_be_evaluated_from_anywhere(odd, monkeypatch):
    result, _ = odd
    config = yaml.safe_load((result.path / "config.yaml").read_text())
    assert config["data"]["path"] == str(result.path.parent / "odd.csv")
    monkeypatch.chdir("/")
    found = evaluate(result.path, split="val", show=False)
    assert found.metrics["val/level/mae"] == pytest.approx(result.validation["val/level/mae"], rel=1e-5)
    written = json.loads((result.path / "eval_val.json").read_text())
    assert written["faulty"]["val"]["a"]["rows"] == 1


def test_a_failed_run_says_why_and_what_it_could_not_read(conf_dir, odd):
    table = odd[0].path.parent / "odd.csv"
    run = table.parent / "failed"
    options = ("data.loader.on_error=skip", "data.loader.max_error_rate=0.5", "scheduler.warmup=1000")
    with pytest.raises(ValueError, match="longer than"):
        train_config(small_config(conf_dir, f"data.path={table}", f"paths.run={run}", *options), show=False)
    result = read_result(RunFolder.open(run))
    assert result.status == "failed"
    assert result.error.startswith("ValueError: scheduler.warmup of 1000 steps is longer")
    assert result.seconds > 0
    assert result.faulty["train"]["a"]["rows"] == 2
    traceback = (run / "traceback.txt").read_text()
    assert "_warmup_steps" in traceback
    assert "in _finite" not in traceback


def test_a_rehearsal_runs_everything_and_keeps_little(conf_dir):
    result = train_config(small_config(conf_dir, "trainer.fast_dev_run=true", "report.plots=false"), show=False)
    assert result.status == "completed"
    assert result.metrics["test/rows"] == 30
    assert not list((result.path / "checkpoints").iterdir())


def test_no_test_asked_for_is_none_made_and_without_validation_no_checkpoint_is_the_best(conf_dir):
    short = ("trainer.limit_test_batches=0", "trainer.limit_val_batches=0", "trainer.max_epochs=1")
    result = train_config(small_config(conf_dir, *short, "report.plots=false"), show=False)
    assert (result.status, result.metrics, result.monitor["best"]) == ("completed", {}, None)
    assert [path.name for path in (result.path / "checkpoints").iterdir()] == ["last.ckpt"]


@pytest.fixture
def hopeless_trial(tmp_path, monkeypatch):
    """This process trains a trial of a search whose pruner likes nothing."""
    storage = str(tmp_path / "study.journal")
    study = optuna.create_study(study_name="s", storage=open_storage(storage))
    objectives = [{"metric": "val/monitor", "direction": "min"}]
    announcement = Announcement(storage, "s", study.ask().number, objectives, {"name": "threshold", "upper": -1.0})
    monkeypatch.setenv(*announcement.environment().popitem())
    return study


def test_a_pruned_run_stops_early_says_so_and_is_no_failure(conf_dir, tmp_path, hopeless_trial, capsys):
    run = tmp_path / "run"
    assert main(["train", "--config-dir", str(conf_dir), "experiment=small", f"paths.run={run}"]) == 0
    content = json.loads((run / "result.json").read_text())
    assert (content["status"], content["pruned"], content["metrics"]) == ("stopped", True, {})
    assert content["error"].startswith("pruned after epoch 0: val/monitor was ")
    assert content["monitor"]["best"] == hopeless_trial.trials[0].intermediate_values[0]
    assert content["validation"]["val/loss"] == content["monitor"]["best"]
    assert pl.read_csv(run / "metrics.csv")["epoch"].max() == 0
    assert not [name for name in ("predictions.parquet", "traceback.txt") if (run / name).exists()]
    assert "pruned after epoch 0" in capsys.readouterr().err
