"""Modalities and tasks dropped and added by name on the command line, from training to prediction."""

import json

import polars as pl
import pytest

import mmfusion
from mmfusion.cli import main
from tests.helpers.all_kinds import write_all_kinds

SHORT = ["trainer.max_epochs=1", "trainer.limit_train_batches=2", "trainer.accelerator=cpu", "report.plots=false"]
TINY = ["data.rows.train=64", "data.rows.val=16", "data.rows.test=16", "data.loader.batch_size=16"]


def metrics(folder):
    return json.loads((folder / "result.json").read_text())["metrics"]


def test_dropped_and_added_on_the_embedded_data(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    words = ["~encoder.speech", "~task.largest", "+task@task.image_digit=classification", "paths.run=run"]
    assert main(["train", *TINY, *SHORT, *words]) == 0
    found = metrics(tmp_path / "run")
    assert "test/image_digit/accuracy" in found
    assert {name.split("/")[0] for name in found} == {"test", "test[image]", "test[text]", "test[image+text]"}
    assert not any("/largest/" in name for name in found)
    assert "image_digit" in capsys.readouterr().out


@pytest.fixture(scope="module")
def lidar(tmp_path_factory):
    """A run with a series called lidar, a second text beside the first, and a task called mass; and its data."""
    folder = tmp_path_factory.mktemp("all_kinds")
    words = ["~encoder.image", "~encoder.voice", "~encoder.vitals", "~encoder.signal", "~task.tags", "~task.flag"]
    words += ["+encoder/series@encoder.lidar=gru", "data.modalities.lidar={kind: series, column: signal}"]
    words += ["+encoder/text@encoder.colour=bag", "data.modalities.colour={kind: text, column: note}"]
    words += ["+task@task.mass=regression", "task.mass.column=weight", f"paths.run={folder / 'run'}"]
    assert main(["train", "--config-dir", str(write_all_kinds(folder)), "experiment=all_kinds", *SHORT, *words]) == 0
    return folder


def test_modalities_and_tasks_under_names_of_ones_own(lidar):
    found = metrics(lidar / "run")
    assert {"test/kind/accuracy", "test/size/mae", "test/mass/mae"} <= found.keys()
    subsets = {name.split("/")[0] for name in found} - {"test"}
    assert len(subsets) == 2**4 - 1
    assert {"test[lidar]", "test[note+vector+lidar+colour]"} <= subsets


def test_prediction_takes_the_columns_that_they_name(lidar, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = pl.read_csv(lidar / "all_kinds.csv").head(3).select("id", "vector", "signal", "note")
    rows = rows.with_columns(note=pl.lit("red"), signal=pl.Series(["media/signal0.npy", None, "media/signal2.npy"]))
    rows.write_csv(lidar / "new.csv")
    assert main(["predict", str(lidar / "run"), str(lidar / "new.csv"), "--out", "said.csv"]) == 0
    said = pl.read_csv("said.csv")
    assert said.columns == ["id", "kind", "kind_p", "kind_p_cat", "kind_p_dog", "kind_p_owl", "size", "mass"]
    assert said["id"].to_list() == ["row0", "row1", "row2"]
    assert said.select(pl.sum_horizontal("kind_p_cat", "kind_p_dog", "kind_p_owl")).to_series().to_list() == (
        pytest.approx([1.0] * 3)
    )
    again = mmfusion.load_run(lidar / "run").predict(rows.to_dicts(), root=lidar)
    assert again["mass"].to_list() == pytest.approx(said["mass"].to_list(), rel=1e-4)
