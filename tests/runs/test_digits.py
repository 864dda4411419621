"""The embedded data through all of `runs/`, with media in memory and in files."""

import numpy as np
import polars as pl
import pytest
import soundfile
from PIL import Image

from mmfusion.config.compose import load_config
from mmfusion.runs.load import load_run
from mmfusion.runs.predict import predict
from mmfusion.runs.train import train_config
from mmfusion.training.build import build_data


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    overrides = [
        *("data.rows.train=96", "data.rows.val=32", "data.rows.test=32", "data.loader.batch_size=32"),
        *("data.absent.image=0.2", "data.unlabelled.sum=0.3", "modality.dropout=0.2"),
        *("trainer.accelerator=cpu", "trainer.max_epochs=1", f"paths.outputs={tmp_path_factory.mktemp('outputs')}"),
    ]
    return train_config(load_config(overrides), overrides, show=False)


def test_ceilings_stand_beside_the_metrics_of_every_subset(result):
    subsets = ["image", "speech", "text", "image+speech", "image+text", "speech+text", "image+speech+text"]
    for split in ("test", *(f"test[{subset}]" for subset in subsets)):
        assert f"{split}/sum/mae" in result.metrics
        assert f"{split}/sum/mae" in result.ceilings
        assert f"{split}/largest/accuracy" in result.ceilings
    assert result.ceilings["test[image]/sum/mae"] > result.ceilings["test/sum/mae"]
    assert result.ceilings.keys() <= result.metrics.keys()


def test_arrays_and_files_are_predicted_alike(result, tmp_path):
    """A digit's picture and its sound from Python, and as a PNG and a WAV; one row without a picture."""
    run = load_run(result.path)
    table = build_data(run.config)[0].source.read().take([0, 1])
    rows = [{name: table.columns[name][i] for name in ("image", "speech", "text")} for i in range(2)]
    Image.fromarray(np.linspace(0, 255, 32 * 32).astype(np.uint8).reshape(32, 32)).save(tmp_path / "a.png")
    sound = np.sin(np.arange(4000) / 10)
    soundfile.write(tmp_path / "a.wav", sound, 8000, subtype="FLOAT")
    rows[0] |= {"image": "a.png", "speech": "a.wav"}
    rows[1]["image"] = None
    predictions = run.predict(rows, root=tmp_path)
    assert predictions["largest"].is_in(run.tasks["largest"].classes.names).all()
    assert predictions["sum"].is_finite().all()
    new = tmp_path / "new.csv"
    text = [rows[0]["text"]] * 2
    columns = {"id": ["x", "y"], "image": ["a.png", None], "speech": ["a.wav"] * 2, "text": text}
    pl.DataFrame(columns).write_csv(new)
    from_files = predict(result.path, new, tmp_path / "out.parquet")
    assert from_files["id"].to_list() == ["x", "y"]
    assert from_files["sum"][0] == pytest.approx(predictions["sum"][0], abs=1e-4)
    assert from_files["sum"][1] != from_files["sum"][0]
