"""Metrics from what a run left, against those of the test itself."""

import json

import numpy as np
import polars as pl
import pytest
import torch

from mmfusion.config.instantiate import trusting
from mmfusion.runs.prediction_table import prediction_table, truth_table
from mmfusion.runs.rescore import OUTPUTS, RescoreError, read_tested, rescore, restored_outputs, save_outputs, score
from mmfusion.tasks.binary import Binary
from mmfusion.tasks.classification import Classification
from mmfusion.tasks.multilabel import Multilabel
from mmfusion.tasks.regression import Regression
from mmfusion.training.callbacks.predictions import KeepPredictions
from tests.report.custom_tasks import Doubled

N = 80


def fitted(kind):
    task, labels = {
        "binary": (Binary(), ["no", "yes"]),
        "classification": (Classification(label_smoothing=0.1, class_weights="balanced"), ["a", "b", "c", "b"]),
        "multilabel": (Multilabel(), ["a;b", "c", "none", "b"]),
        "regression": (Regression(loss="huber"), [5_500_000.25, 5_500_001.5, 5_500_002.0, 5_499_999.75]),
        "own": (Doubled(), ["no", "yes"]),
    }[kind]
    task.fit(labels)
    return task, labels


def left(folder, kind):
    """A run's folder with predictions of task `y`, what was kept of its test, and the task."""
    task, labels = fitted(kind)
    torch.manual_seed(0)
    kept = KeepPredictions()
    kept.ids = [f"r{i}" for i in range(N)]
    kept.outputs = {"y": 3 * torch.randn(N, task.dim)}
    targets = [task.check(labels[i % len(labels)]) for i in range(N)]
    kept.targets = {"y": torch.tensor(targets, dtype=torch.float64 if kind == "regression" else None)}
    kept.labelled = {"y": torch.arange(N) % 5 > 0}
    table = prediction_table({"y": task}, kept.ids, kept.outputs)
    table.hstack(truth_table({"y": task}, kept.targets, kept.labelled)).write_parquet(folder / "predictions.parquet")
    (folder / "fitted").mkdir()
    (folder / "fitted" / "tasks.json").write_text(json.dumps({"y": task.state()}))
    save_outputs(folder, {"y": task}, kept, table)
    target = f"{type(task).__module__}.{type(task).__name__}"
    options = {"label_smoothing": 0.1, "class_weights": "balanced"} if kind == "classification" else {}
    options |= {"loss": "huber"} if kind == "regression" else {}
    return kept, task, {"task": {"y": {"_target_": target} | options}}


def came_to(task, outputs, targets):
    metrics = task.metrics()
    metrics.update(*task.metric_inputs(outputs, targets))
    found = {name: float(value) for name, value in metrics.compute().items()}
    return found | {"loss": float(task.loss(outputs, targets).mean())}


@pytest.mark.parametrize("kind", ["binary", "classification", "multilabel", "regression", "own"])
def test_metrics_on_some_rows_are_those_of_a_test_of_these_rows(tmp_path, kind):
    kept, task, config = left(tmp_path, kind)
    rows = kept.labelled["y"]
    whole = came_to(task, kept.outputs["y"][rows], kept.targets["y"][rows]) | {"accuracy": 0.01}
    some = [i for i in range(N) if rows[i] and i % 3]
    expected = came_to(task, kept.outputs["y"][some], kept.targets["y"][some])
    expected.pop("accuracy", None)  # it does not come out as recorded
    with trusting(["tests.report.custom_tasks"]):
        found = rescore(read_tested(tmp_path, config, "y"), [f"r{i}" for i in some], whole)
    assert found == pytest.approx({name: x for name, x in expected.items() if np.isfinite(x)}, rel=2e-4, abs=1e-5)
    # Only what the predictions do not tell is kept twice.
    assert (tmp_path / OUTPUTS).exists() == (kind == "own")


def test_more_classes_than_the_predictions_show_are_kept_beside_them(tmp_path):
    task = Classification()
    task.fit([f"c{i}" for i in range(120)])
    table = prediction_table({"y": task}, ["r0"], {"y": torch.randn(1, 120)})
    assert restored_outputs(task, "y", table) is None


def test_what_is_not_there_is_named(tmp_path):
    config = {"task": {"y": {"_target_": "mmfusion.tasks.binary.Binary"}}}
    with pytest.raises(RescoreError, match=r"it has no predictions\.parquet"):
        read_tested(tmp_path, config, "y")
    left(tmp_path, "binary")
    with pytest.raises(RescoreError, match="cannot be read: 'z'"):
        read_tested(tmp_path, config, "z")
    pl.DataFrame({"id": ["a", "a"], "y_true": ["no", "yes"]}).write_parquet(tmp_path / "predictions.parquet")
    with pytest.raises(RescoreError, match="two rows"):
        read_tested(tmp_path, config, "y")


def test_parts_with_other_classes_are_no_whole(tmp_path):
    _, _, config = left(tmp_path, "classification")
    one = read_tested(tmp_path, config, "y")
    other = Classification()
    other.fit(["a", "z", "c"])
    with pytest.raises(RescoreError, match="their classes differ"):
        score([one, type(one)(other, one.outputs, one.targets, one.labels)])
