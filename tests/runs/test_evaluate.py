import json
import shutil

import pytest
import yaml

from mmfusion.config.errors import ConfigError
from mmfusion.runs.evaluate import evaluate
from mmfusion.runs.load import load_run

RATIO = {"split": {"column": None, "ratio": {"train": 0.6, "val": 0.2, "test": 0.2}}}


@pytest.fixture
def copied(trained, tmp_path):
    """A copy of the run, which a test may write to."""
    return shutil.copytree(trained.path, tmp_path / "run")


@pytest.fixture
def small(conf_dir):
    """The text of the run's table."""
    return (conf_dir.parent / "small.csv").read_text()


@pytest.fixture
def half(small, tmp_path):
    """A table of every second row."""
    path = tmp_path / "half.csv"
    path.write_text("".join(line for i, line in enumerate(small.splitlines(True)) if i % 2 == 0))
    return path


def change(run, **data):
    """Change a run's config under `data`."""
    config = yaml.safe_load((run / "config.yaml").read_text())
    (run / "config.yaml").write_text(yaml.safe_dump(config | {"data": config["data"] | data}, sort_keys=False))


def test_it_finds_the_very_metrics_of_the_run_and_takes_no_files_place(trained, copied, half, capsys):
    assert evaluate(copied, show=False).metrics == trained.metrics
    assert capsys.readouterr().out == ""
    metrics = evaluate(copied, overrides=[f"data.path={half}"]).metrics
    out = capsys.readouterr().out
    assert f"Written to {copied / 'eval_test-1.json'}" in out
    assert "test metrics (15 rows)" in out
    evaluate(copied, checkpoint="last", show=False)
    names = ("result", "eval_test", "eval_test-1", "eval_test-2")
    result, first, second, third = (json.loads((copied / f"{name}.json").read_text()) for name in names)
    assert result["metrics"] == first["metrics"] == trained.metrics
    assert (first["checkpoint"].endswith("best.ckpt"), first["faulty"]) == (True, {})
    assert (second["split"], second["overrides"], second["metrics"]) == ("test", [f"data.path={half}"], metrics)
    assert metrics["test/rows"] == 15
    assert third["checkpoint"].endswith("last.ckpt")
    assert first["started"] <= second["started"] <= third["started"]


def test_validation_rows_give_the_validation_metrics(trained, copied):
    metrics = evaluate(copied, split="val", show=False).metrics
    for name in ("val/level/mae", "val/kind/accuracy", "val/loss"):
        assert metrics[name] == pytest.approx(trained.validation[name], rel=1e-5)
    assert not any(name.startswith("test") for name in metrics)
    assert (copied / "eval_val.json").is_file()


def test_the_last_checkpoint_is_another(trained, copied):
    (copied / "checkpoints" / "best.ckpt").unlink()
    last = evaluate(copied, checkpoint="last", show=False).metrics
    assert last.keys() == trained.metrics.keys()
    assert evaluate(copied, checkpoint="best", show=False).metrics == last  # the only one that is left


def test_without_a_best_because_its_metric_had_no_value_best_is_refused_and_last_taken(copied, capsys):
    content = json.loads((copied / "result.json").read_text())
    content["monitor"] |= {"metric": {"val/level/r2": 1.0}, "best": None, "validations": 3, "undefined": 3}
    (copied / "result.json").write_text(json.dumps(content))
    (copied / "checkpoints" / "best.ckpt").unlink()
    with pytest.raises(ConfigError, match=r"val/level/r2 was not a number in any of 3 .*--checkpoint last$"):
        evaluate(copied, show=False)
    with pytest.raises(ConfigError, match=r"no checkpoint 'best' in .*--checkpoint last$"):
        load_run(copied)
    evaluate(copied, checkpoint="last")
    out = capsys.readouterr().out
    assert "tested with the last checkpoint: val/level/r2 was not a number in any of 3" in out
    assert f"eval {copied} --checkpoint last\n" in out
    assert f"predict {copied} new.csv --checkpoint last --out" in out


def test_a_run_is_not_tested_on_rows_that_it_was_trained_on(copied, small, half, tmp_path, trained):
    swap = ["data.split.train=test", "data.split.test=train"]
    same = tmp_path / "copy.csv"
    same.write_text(small)
    for split, overrides, message in (
        ("test", swap, r"^data.split.train=test data.split.test=train: splits .* data.path=FILE$"),
        ("test", [f"data.path={same}", *swap], "splits the run's own table anew"),
        ("all", [f"data.path={same}"], "splits the run's own table anew"),
        ("all", [], r"^--split all: .* choose train, val or test$"),
    ):
        with pytest.raises(ConfigError, match=message):
            evaluate(copied, split=split, overrides=overrides, show=False)
    assert evaluate(copied, overrides=["data.split.test=test"], show=False).metrics == trained.metrics  # as it was
    swapped = evaluate(copied, overrides=[f"data.path={half}", *swap], show=False)
    assert swapped.metrics["test/rows"] > trained.metrics["test/rows"]


def test_a_table_that_is_read_in_another_way_is_not_dealt_out_anew(copied):
    change(copied, **RATIO)
    (copied / "provenance.json").unlink()
    evaluate(copied, show=False)
    with pytest.raises(ConfigError, match=r"^data\.id=null: splits the run's own table anew"):
        evaluate(copied, overrides=["data.id=null"])


def test_the_training_data_need_not_be_there(copied, small, tmp_path, trained):
    only_test = tmp_path / "test.csv"
    header, *lines = small.splitlines(True)
    only_test.write_text("".join([header, *(line for line in lines if ",test," in line)]))
    assert evaluate(copied, overrides=[f"data.path={only_test}"], show=False).metrics == trained.metrics


def test_training_rows_are_scored_without_what_training_does_to_them(copied):
    clean = evaluate(copied, split="train", show=False).metrics
    noise = {"_target_": "mmfusion.data.transforms.gaussian_noise.GaussianNoise", "std": 100.0}
    modalities = yaml.safe_load((copied / "config.yaml").read_text())["data"]["modalities"]
    change(copied, modalities=modalities | {"a": modalities["a"] | {"transforms": {"train": [noise]}}})
    assert clean["train/rows"] == 90
    assert evaluate(copied, split="train", show=False).metrics == clean


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("config.yaml", "a: [1", r"config\.yaml is damaged: "),
        ("fitted/tasks.json", "{}", r"fitted/tasks\.json is damaged: KeyError 'kind'"),
        ("fitted/data.json", "[]", r"fitted/data\.json is damaged: "),
        ("checkpoints/best.ckpt", "no weights", r"best\.ckpt is damaged: it holds no weights that can be read"),
        ("result.json", "{}", r"result\.json is damaged: "),
    ],
)
def test_a_damaged_file_is_named(copied, file, content, message):
    (copied / file).write_text(content)
    with pytest.raises(ConfigError, match=message):
        evaluate(copied, show=False)
    assert not list(copied.glob("eval_*"))


def test_what_there_is_not_and_weights_that_do_not_fit(copied):
    with pytest.raises(ConfigError, match="train, val, test or all, found 'tst'"):
        evaluate(copied, split="tst")
    with pytest.raises(ConfigError, match=r"best\.ckpt do not fit: with fusion\.dim=4 the model is another; size mis"):
        evaluate(copied, overrides=["fusion.dim=4"], show=False)
    shutil.rmtree(copied / "checkpoints")
    with pytest.raises(ConfigError, match=r"no checkpoint 'best' in .*; there is none"):
        evaluate(copied)


def test_another_table_is_read_as_its_file_shows(trained, copied, small, tmp_path):
    german = tmp_path / "german.csv"
    german.write_text(small.replace(",", ";").replace(".", ","))
    config = yaml.safe_load((copied / "config.yaml").read_text())
    for option in ("header", "decimal"):  # a run of before there were such options
        del config["data"][option]
    (copied / "config.yaml").write_text(yaml.safe_dump(config))
    assert evaluate(copied, overrides=[f"data.path={german}"], show=False).metrics == trained.metrics
    overrides = [f"data.path={german}", "data.delimiter=;", "data.decimal=,", "data.header=true"]
    assert evaluate(copied, overrides=overrides, show=False).metrics == trained.metrics


def test_all_rows_of_another_table_whatever_its_splits(copied, small, tmp_path, caplog):
    other = tmp_path / "other.csv"
    other.write_text("\n".join(small.splitlines()[:60]).replace("split", "part") + "\n")
    metrics = evaluate(copied, split="all", overrides=[f"data.path={other}"], show=False).metrics
    assert metrics["test/rows"] == 59
    assert (copied / "eval_all.json").is_file()
    change(copied, **RATIO)
    count = int(evaluate(copied, overrides=[f"data.path={other}"], show=False).metrics["test/rows"])
    assert f"data.split makes {count} of its 59 rows the split test" in caplog.text
    assert "--split all takes every row" in caplog.text
