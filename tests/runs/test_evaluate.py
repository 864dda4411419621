import json
import shutil

import pytest
import yaml

from mmfusion.config.errors import ConfigError
from mmfusion.runs.evaluate import evaluate
from mmfusion.runs.load import load_run


@pytest.fixture
def copied(trained, tmp_path):
    """A copy of the run, which a test may write to."""
    return shutil.copytree(trained.path, tmp_path / "run")


def test_it_finds_the_very_metrics_of_the_run(trained, copied):
    result = evaluate(copied, show=False)
    assert result.metrics == trained.metrics
    written = json.loads((copied / "eval_test.json").read_text())
    assert written["metrics"] == trained.metrics
    assert written["checkpoint"].endswith("best.ckpt")
    assert written["faulty"] == {}
    assert json.loads((copied / "result.json").read_text())["metrics"] == trained.metrics


def test_no_evaluation_takes_anothers_place(copied, conf_dir, tmp_path, capsys):
    evaluate(copied, show=False)
    first = (copied / "eval_test.json").read_bytes()
    half = tmp_path / "half.csv"
    lines = (conf_dir.parent / "small.csv").read_text().splitlines()
    half.write_text("\n".join(line for i, line in enumerate(lines) if i % 2 == 0) + "\n")
    evaluate(copied, overrides=[f"data.path={half}"])
    assert f"Written to {copied / 'eval_test-1.json'}" in capsys.readouterr().out
    evaluate(copied, checkpoint="last", show=False)
    assert (copied / "eval_test.json").read_bytes() == first
    second, third = (json.loads((copied / f"eval_test-{number}.json").read_text()) for number in (1, 2))
    assert (second["split"], second["overrides"], second["metrics"]["test/rows"]) == ("test", [f"data.path={half}"], 15)
    assert third["checkpoint"].endswith("last.ckpt")
    assert second["started"] <= third["started"]


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


def test_other_data(conf_dir, trained, copied, tmp_path, capsys):
    moved = tmp_path / "elsewhere.csv"
    lines = (conf_dir.parent / "small.csv").read_text().splitlines()
    moved.write_text("\n".join(line for i, line in enumerate(lines) if i % 2 == 0) + "\n")
    metrics = evaluate(copied, overrides=[f"data.path={moved}"]).metrics
    assert metrics["test/rows"] == 15
    assert "test metrics (15 rows)" in capsys.readouterr().out


def test_a_run_is_not_tested_on_rows_that_it_was_trained_on(copied, conf_dir, tmp_path, trained):
    swap = ["data.split.train=test", "data.split.test=train"]
    with pytest.raises(ConfigError, match=r"^data.split.train=test data.split.test=train: splits .* data.path=FILE$"):
        evaluate(copied, overrides=swap)
    assert evaluate(copied, overrides=["data.split.test=test"], show=False).metrics == trained.metrics  # as it was
    copy, other = tmp_path / "copy.csv", tmp_path / "other.csv"
    text = (conf_dir.parent / "small.csv").read_text()
    copy.write_text(text)
    other.write_text("".join(line for i, line in enumerate(text.splitlines(True)) if i % 2 == 0))
    with pytest.raises(ConfigError, match="splits the run's own table anew"):
        evaluate(copied, overrides=[f"data.path={copy}", *swap])
    swapped = evaluate(copied, overrides=[f"data.path={other}", *swap], show=False)
    assert swapped.metrics["test/rows"] > trained.metrics["test/rows"]


def test_a_table_that_is_read_in_another_way_is_not_dealt_out_anew(copied):
    config = yaml.safe_load((copied / "config.yaml").read_text())
    config["data"]["split"] = {"column": None, "ratio": {"train": 0.6, "val": 0.2, "test": 0.2}}
    (copied / "config.yaml").write_text(yaml.safe_dump(config, sort_keys=False))
    (copied / "provenance.json").unlink()
    evaluate(copied, show=False)
    with pytest.raises(ConfigError, match=r"^data\.id=null: splits the run's own table anew"):
        evaluate(copied, overrides=["data.id=null"])


def test_the_training_data_need_not_be_there(copied, conf_dir, tmp_path, trained):
    only_test = tmp_path / "test.csv"
    header, *lines = (conf_dir.parent / "small.csv").read_text().splitlines()
    only_test.write_text("\n".join([header, *(line for line in lines if ",test," in line)]) + "\n")
    assert evaluate(copied, overrides=[f"data.path={only_test}"], show=False).metrics == trained.metrics


def test_an_unknown_split(copied):
    with pytest.raises(ConfigError, match="train, val, test or all, found 'tst'"):
        evaluate(copied, split="tst")


def test_a_run_without_a_checkpoint(copied):
    for file in (copied / "checkpoints").iterdir():
        file.unlink()
    with pytest.raises(ConfigError, match=r"no checkpoint 'best' in .*; there is none"):
        evaluate(copied)


def test_a_target_outside_of_the_rooms_is_refused(copied):
    config = yaml.safe_load((copied / "config.yaml").read_text())
    config["fusion"] = {"_target_": "os.system", "command": f"touch {copied}/executed"}
    (copied / "config.yaml").write_text(yaml.safe_dump(config, sort_keys=False))
    with pytest.raises(ConfigError, match=r"os\.system"):
        evaluate(copied)
    assert not (copied / "executed").exists()


def test_training_rows_are_scored_without_what_training_does_to_them(copied, conf_dir):
    config = yaml.safe_load((copied / "config.yaml").read_text())
    config["data"]["modalities"]["a"]["transforms"] = {
        "train": [{"_target_": "mmfusion.data.transforms.gaussian_noise.GaussianNoise", "std": 100.0}]
    }
    clean = evaluate(copied, split="train", show=False).metrics
    (copied / "config.yaml").write_text(yaml.safe_dump(config, sort_keys=False))
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


def test_weights_that_do_not_fit_the_override(copied):
    with pytest.raises(ConfigError, match=r"best\.ckpt do not fit: with fusion\.dim=4 the model is another; size mis"):
        evaluate(copied, overrides=["fusion.dim=4"], show=False)


def test_another_table_is_read_as_its_file_shows(trained, copied, conf_dir, tmp_path):
    german = tmp_path / "german.csv"
    german.write_text((conf_dir.parent / "small.csv").read_text().replace(",", ";").replace(".", ","))
    config = yaml.safe_load((copied / "config.yaml").read_text())
    for option in ("header", "decimal"):  # a run of before there were such options
        del config["data"][option]
    (copied / "config.yaml").write_text(yaml.safe_dump(config))
    assert evaluate(copied, overrides=[f"data.path={german}"], show=False).metrics == trained.metrics
    overrides = [f"data.path={german}", "data.delimiter=;", "data.decimal=,", "data.header=true"]
    assert evaluate(copied, overrides=overrides, show=False).metrics == trained.metrics


def test_all_rows_of_another_table_whatever_its_splits(copied, conf_dir, tmp_path, caplog):
    lines = (conf_dir.parent / "small.csv").read_text().splitlines()
    other = tmp_path / "other.csv"
    other.write_text("\n".join(lines[:60]).replace("split", "part") + "\n")
    metrics = evaluate(copied, split="all", overrides=[f"data.path={other}"], show=False).metrics
    assert metrics["test/rows"] == 59
    assert (copied / "eval_all.json").is_file()
    config = yaml.safe_load((copied / "config.yaml").read_text())
    config["data"]["split"] = {"column": None, "ratio": {"train": 0.5, "val": 0.3, "test": 0.2}}
    (copied / "config.yaml").write_text(yaml.safe_dump(config, sort_keys=False))
    count = int(evaluate(copied, overrides=[f"data.path={other}"], show=False).metrics["test/rows"])
    assert f"data.split makes {count} of its 59 rows the split test" in caplog.text
    assert "--split all takes every row" in caplog.text


def test_all_rows_of_the_runs_own_table_are_refused(copied, conf_dir, tmp_path):
    with pytest.raises(ConfigError, match=r"^--split all: .* choose train, val or test$"):
        evaluate(copied, split="all", show=False)
    same = tmp_path / "same.csv"
    same.write_bytes((conf_dir.parent / "small.csv").read_bytes())
    with pytest.raises(ConfigError, match="splits the run's own table anew"):
        evaluate(copied, split="all", overrides=[f"data.path={same}"], show=False)
