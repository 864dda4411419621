import shutil
import socket

import polars as pl
import pytest
import torch
import yaml

from mmfusion.cli import main
from mmfusion.config.errors import ConfigError
from mmfusion.data.errors import DataError
from mmfusion.runs.load import load_run


@pytest.fixture(scope="module")
def run(trained, tmp_path_factory):
    """The run, loaded from a copy without its data and without the weights that its config names."""
    folder = shutil.copytree(trained.path, tmp_path_factory.mktemp("copied") / "run")
    config = yaml.safe_load((folder / "config.yaml").read_text())
    config["data"]["path"] = "/gone.csv"
    for node in config["encoder"].values():
        node["weights"] = "/gone.pt"
    (folder / "config.yaml").write_text(yaml.safe_dump(config, sort_keys=False))
    return load_run(folder)


def cells(conf_dir, **named):
    """Rows of the small table as dictionaries of inputs."""
    table = pl.read_csv(conf_dir.parent / "small.csv").filter(**named)
    return table.drop("split", "kind", "level", "flag").to_dicts()


def test_model_data_tasks_and_config_are_there(run, trained):
    assert list(run.tasks) == ["kind", "level", "flag"]
    assert run.tasks["kind"].classes.names == ["high", "low", "mid"]
    assert not run.model.training
    assert run.config["name"] == "small"
    assert sum(p.numel() for p in run.model.parameters()) == trained.cost["parameters"]


def test_rows_are_predicted_as_the_test_split_was(run, conf_dir, trained):
    predicted = run.predict(cells(conf_dir, split="test"))
    expected = pl.read_parquet(trained.path / "predictions.parquet")
    assert predicted["id"].to_list() == expected["id"].to_list()
    assert predicted["kind"].to_list() == expected["kind"].to_list()
    for name in ("level", "kind_p_low", "flag_p_yes"):
        assert predicted[name].to_list() == pytest.approx(expected[name].to_list(), abs=1e-5)


def test_absent_modalities_are_empty_as_the_run_reads_its_table(run, conf_dir):
    (row,) = cells(conf_dir, id="r4")
    without_b = {name: cell for name, cell in row.items() if not name.startswith("b")}
    # Whether a column is missing or empty, by `data.empty` and `data.strip` too, makes no difference; nor does a batch.
    rows = [row, without_b, row | {"b1": None, "b2": ""}, row | {"b1": " NA ", "b2": "nan"}]
    present, *absent = run.predict([each | {"id": str(i)} for i, each in enumerate(rows)])["level"].to_list()
    assert absent == pytest.approx([run.predict([without_b])["level"][0]] * 3, abs=1e-6)
    assert present != pytest.approx(absent[0], abs=1e-6)
    run.config["data"]["id"], before = None, run.config["data"]["id"]
    assert run.predict([row, row])["id"].to_list() == ["0", "1"]
    run.config["data"]["id"] = before


def test_a_row_with_nothing_is_refused(run):
    with pytest.raises(DataError, match="none of the modalities"):
        run.predict([{"a1": 1.0, "a2": 1.0, "a3": 1.0}, {"a1": None}])


def test_the_last_checkpoint_and_a_path(trained):
    last = load_run(trained.path, checkpoint="last")
    by_path = load_run(trained.path, checkpoint=str(trained.path / "checkpoints" / "last.ckpt"))
    for a, b in zip(last.model.parameters(), by_path.model.parameters(), strict=True):
        assert torch.equal(a, b)
    with pytest.raises(ConfigError, match=r"no checkpoint 'bst' in .*; there is best\.ckpt, last\.ckpt"):
        load_run(trained.path, checkpoint="bst")


def test_a_checkpoint_that_lies_elsewhere_is_refused_and_not_fetched(trained, monkeypatch, capsys):
    def connect(*_):
        raise AssertionError("something was fetched")

    monkeypatch.setattr(socket.socket, "connect", connect)
    address = "https://localhost/best.ckpt"
    for command in (["eval", str(trained.path)], ["predict", str(trained.path), str(trained.path / "new.csv")]):
        assert main([*command, "--checkpoint", address]) == 2
        assert f"checkpoint '{address}' is an address; fetch the file yourself" in capsys.readouterr().err


def test_a_checkpoint_that_would_execute_something(trained, tmp_path):
    class Payload:
        def __reduce__(self):
            return (exec, (f"open({str(tmp_path / 'executed')!r}, 'w').close()",))

    folder = shutil.copytree(trained.path, tmp_path / "run")
    torch.save({"state_dict": Payload()}, folder / "checkpoints" / "best.ckpt")
    with pytest.raises(Exception, match=r"[Ww]eights.only"):
        load_run(folder)
    assert not (tmp_path / "executed").exists()
