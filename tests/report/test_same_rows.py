"""Models are compared on the rows that all of them were tested on, or not at all."""

import json

import numpy as np
import polars as pl
import pytest

from mmfusion.config.instantiate import trusting
from mmfusion.report.compare import compare
from mmfusion.report.same_rows import same_rows
from mmfusion.report.sentences import conclusion, notes
from mmfusion.store.find import find_runs
from tests.report.custom_tasks import Cautious
from tests.report.memory_runs import grid
from tests.report.prediction_runs import make_rows, write_predicted_run, write_unequal_runs

METRIC = "test/y/accuracy"


def change(path, **keys):
    file = path / "result.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | keys))


def accuracy(path, ids):
    table = pl.read_parquet(path / "predictions.parquet").filter(pl.col("id").is_in(ids))
    return (table["y"] == table["y_true"]).mean()


@pytest.mark.parametrize("metric", ["accuracy", "f1", "auroc", "loss"])
def test_equal_models_are_equal_on_the_rows_of_both(tmp_path, metric):
    folder, _ = write_unequal_runs(tmp_path)
    runs = find_runs([folder])
    found = compare(runs, f"test/y/{metric}")
    assert len(found.ranked) == 2
    assert "better than" not in conclusion(found)
    assert f"computed anew on the {runs[-1].metrics['test/rows']:.0f} test rows" in " ".join(notes(found))


def test_every_run_is_scored_on_the_rows_of_all(tmp_path):
    folder, rows = write_unequal_runs(tmp_path)
    easy = [id for id, hard in zip(rows[0], rows[2], strict=True) if not hard]
    runs = find_runs([folder])
    found = same_rows(runs, METRIC)
    assert (found.anew, found.unlike) == ([len(easy)], {})
    assert found.values == pytest.approx({run.id: accuracy(run.path, easy) for run in runs})


def test_rows_without_a_label_of_the_task_do_not_count(tmp_path):
    rows = make_rows(100)
    everything = np.ones(100, bool)
    for name in "ab":
        for seed in range(3):
            write_predicted_run(tmp_path / f"{name}{seed}", name, rows, everything, seed)
    path = tmp_path / "a0" / "predictions.parquet"
    table = pl.read_parquet(path)
    table.with_columns(y_true=pl.when(pl.int_range(pl.len()) < 90).then("y_true")).write_parquet(path)
    part = table.head(90)
    value = (part["y"] == part["y_true"]).mean()
    change(tmp_path / "a0", metrics={METRIC: value, "test/rows": 100.0, "test/y/labels": 90.0})
    assert same_rows(find_runs([tmp_path]), METRIC).anew == [90]


def test_the_same_rows_keep_what_was_recorded_and_a_digest_says_so_without_predictions(tmp_path):
    rows = make_rows(60)
    for name in "ab":
        path = write_predicted_run(tmp_path / "same" / name, name, rows, np.ones(60, bool))
        change(path, metrics={METRIC: 0.125, "test/rows": 60.0})
    found = same_rows(find_runs([tmp_path / "same"]), METRIC)
    assert (set(found.values.values()), found.anew) == ({0.125}, [])
    folder, _ = write_unequal_runs(tmp_path / "digest")
    for path in folder.iterdir():
        (path / "predictions.parquet").unlink()
        change(path, rows={"test": {"rows": 9, "labels": {"y": [9, "same"]}}})
    found = same_rows(find_runs([folder]), METRIC)
    assert (found.unlike, found.anew, found.is_recorded) == ({}, [], True)


def test_without_predictions_there_is_no_verdict_and_the_reason(tmp_path):
    folder, _ = write_unequal_runs(tmp_path)
    for path in folder.iterdir():
        (path / "predictions.parquet").unlink()
    found = compare(find_runs([folder]), METRIC)
    assert found.ranked == []
    assert conclusion(found) == (
        f"{METRIC}: nothing can be ranked; it was tested on other rows, and it has no predictions.parquet."
    )
    assert all(row.score is not None for row in found.rows)  # what was recorded is shown


@pytest.mark.parametrize(
    ("file", "broken", "why"),
    [
        ("table", "another", "the tables of these runs are 2 different ones"),
        ("id", "r0", "two rows of its predictions.parquet have one id"),
        ("y_true", "yes", "the same ids have other labels in it"),
        ("y", None, "from its predictions test/y/accuracy does not come out as it was recorded"),
    ],
)
def test_what_cannot_be_put_side_by_side_is_not(tmp_path, file, broken, why):
    folder, _ = write_unequal_runs(tmp_path)
    for seed in range(3):
        path = folder / f"b{seed}"
        if file == "table":
            change(path, table=broken)
        elif file == "y":
            change(path, metrics={METRIC: 0.123, "test/rows": 99.0})
        else:
            table = pl.read_parquet(path / "predictions.parquet")
            table.with_columns(pl.lit(broken).alias(file)).write_parquet(path / "predictions.parquet")
            if file == "y_true":
                whole = (table["y"] == "yes").mean()
                change(path, metrics={METRIC: whole, "test/rows": 99.0})
    found = compare(find_runs([folder]), METRIC)
    assert [row for row in found.rows if row.p is not None] == []
    assert why in " ".join(row.unranked or "" for row in found.rows)


@pytest.mark.parametrize("metric", ["val/y/accuracy", "val/loss", "test[a]/y/accuracy", "test/loss"])
def test_what_has_no_predictions_is_ranked_on_the_same_rows_alone(metric):
    split = metric.partition("/")[0]
    runs = grid({"concat": [0.8, 0.82, 0.81], "gated": [0.9, 0.91, 0.92], "sum": [0.7, 0.72, 0.73]}, metric=metric)
    for run in runs:
        run.rows[split] = {"rows": 5, "labels": {"y": [5, "x"]}}
    lower = metric.endswith("loss")
    best = "sum" if lower else "gated"
    assert compare(runs, metric).rows[0].label == f"fusion={best}"
    for run in runs:
        if run.id.startswith(best):
            run.rows[split] = {"rows": 3, "labels": {"y": [3, "z"]}}
    found = compare(runs, metric)
    assert {row.label for row in found.ranked} == {"fusion=concat", "fusion=gated", "fusion=sum"} - {f"fusion={best}"}
    assert "cannot be computed anew" in found.rows[-1].unranked
    assert "Not ranked" in " ".join(notes(found))


def test_counts_that_differ_are_rows_that_differ(tmp_path):
    runs = grid({"concat": [0.8, 0.82, 0.81], "gated": [0.9, 0.91, 0.93]}, metric="val/y/accuracy")
    for run in runs:
        run.metrics["val/y/labels"] = 100.0
    assert len(compare(runs, "val/y/accuracy").ranked) == 2
    assert "not recorded by some" in " ".join(notes(compare(runs, "val/y/accuracy")))
    runs[0].metrics["val/y/labels"] = 90.0
    assert compare(runs, "val/y/accuracy").balance.rows.unlike.keys() == {"concat-0"}


def test_a_run_that_says_nothing_stands_beside_none_where_others_differ():
    runs = grid({"concat": [0.8, 0.82, 0.81], "gated": [0.9, 0.91, 0.93], "sum": [0.8, 0.8, 0.8]}, metric="val/y/f1")
    for run in runs[:6]:
        run.rows["val"] = {"rows": 5, "labels": {"y": [5, "x"]}}
    assert len(compare(runs, "val/y/f1").ranked) == 3
    runs[5].rows["val"] = {"rows": 5, "labels": {"y": [5, "z"]}}
    unlike = compare(runs, "val/y/f1").balance.rows.unlike
    assert set(unlike) == {"gated-2", "sum-0", "sum-1", "sum-2"}


def test_a_seed_that_splits_the_rows_compares_within_itself(tmp_path):
    runs = grid({"concat": [0.8, 0.82, 0.81], "gated": [0.9, 0.91, 0.93]}, metric="test/y/accuracy")
    for run in runs:
        run.rows["test"] = {"rows": 5, "labels": {"y": [5, f"seed {run.seed}"]}}
    found = same_rows(runs, METRIC)
    assert (found.unlike, found.anew) == ({}, [])


def test_rows_split_by_the_seed_are_computed_anew_seed_by_seed(tmp_path):
    ids, labels, hard = make_rows(400)
    for seed in range(3):
        own = np.arange(400) % 4 == seed
        write_predicted_run(tmp_path / f"a{seed}", "a", (ids, labels, hard), own, seed)
        write_predicted_run(tmp_path / f"b{seed}", "b", (ids, labels, hard), own & ~hard, seed)
    found = same_rows(find_runs([tmp_path]), METRIC)
    assert sorted(found.anew) == sorted(int((~hard & (np.arange(400) % 4 == seed)).sum()) for seed in range(3))


def test_a_metric_of_ones_own_is_computed_anew_where_its_task_is_trusted_and_not_called_elsewhere(tmp_path):
    folder, _ = write_unequal_runs(tmp_path, target="tests.report.custom_tasks.Cautious", score_with=Cautious)
    found = same_rows(find_runs([folder]), "test/y/specificity")
    assert found.values == {}
    assert all("trusted_modules" in why for why in found.unlike.values())
    for path in folder.iterdir():  # an answer is kept until predictions change
        (path / "predictions.parquet").touch()
    with trusting(["tests.report.custom_tasks"]):
        found = same_rows(find_runs([folder]), "test/y/specificity")
    assert (len(found.values), len(found.anew)) == (6, 1)
