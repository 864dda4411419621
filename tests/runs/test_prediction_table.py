import functools

import polars as pl
import pytest
import torch

from mmfusion.config.errors import ConfigError
from mmfusion.runs.prediction_table import check_suffix, prediction_table, truth_table, write_table
from mmfusion.tasks.multilabel import Multilabel
from tests.training.small import make_tasks


def outputs():
    return {
        "kind": torch.tensor([[5.0, 0.0, 0.0], [0.0, 0.0, 5.0]]),
        "sick": torch.tensor([[3.0], [-3.0]]),
        "age": torch.tensor([[0.0], [1.0]]),
    }


def test_predictions_probabilities_and_ids():
    table = prediction_table(make_tasks(), ["r1", "r2"], outputs())
    assert table["id"].to_list() == ["r1", "r2"]
    assert table["kind"].to_list() == ["x", "z"]
    assert table["sick"].to_list() == ["yes", "no"]
    shares = table.select("kind_p_x", "kind_p_y", "kind_p_z").sum_horizontal().to_list()
    assert shares == pytest.approx([1.0, 1.0])
    assert table["kind_p"].to_list() == pytest.approx(table.select("kind_p_x", "kind_p_z").max_horizontal().to_list())
    assert table["sick_p_yes"].to_list() == pytest.approx([0.952574, 0.047426], abs=1e-5)
    assert table["age"].to_list() == pytest.approx([2.0, 2.0 + (8 / 3) ** 0.5])


def test_two_tasks_that_want_one_column():
    tasks = make_tasks()
    tasks["kind_p"] = tasks["age"]
    with pytest.raises(ConfigError, match=r"task\.kind_p: its column 'kind_p' is another task's too"):
        prediction_table(tasks, ["r1", "r2"], {**outputs(), "kind_p": outputs()["age"]})


def test_labels_as_they_stand_in_the_table():
    tasks = make_tasks()
    tasks["tags"] = Multilabel()
    tasks["tags"].fit(["a;b", "b"])
    labels = {"kind": [2, 0], "sick": [1, 0], "age": [2.5, 0.0], "tags": [[1.0, 0.0], [0.0, 1.0]]}
    targets = {name: torch.tensor(values) for name, values in labels.items()}
    labelled = {name: torch.tensor([True, False]) for name in targets}
    table = truth_table(tasks, targets, labelled)
    assert table.to_dicts() == [
        {"kind_true": "z", "sick_true": "yes", "age_true": 2.5, "tags_true": [1.0, 0.0]},
        {"kind_true": None, "sick_true": None, "age_true": None, "tags_true": None},
    ]


def test_tables_come_back_as_they_were_written(tmp_path):
    table = pl.DataFrame({"id": ["a", "b"], "x": [0.1 + 0.2, None]})
    readers = {".parquet": pl.read_parquet, ".csv": pl.read_csv, ".jsonl": pl.read_ndjson}
    readers[".tsv"] = functools.partial(pl.read_csv, separator="\t")
    for suffix, read in readers.items():
        path = tmp_path / "new" / f"table{suffix}"
        for _ in range(2):
            write_table(table, path)
        assert read(path).equals(table)
    assert len(list(path.parent.iterdir())) == len(readers)
    with pytest.raises(ConfigError, match=r"ends in \.parquet, \.csv, \.tsv, \.jsonl"):
        check_suffix(tmp_path / "table.xlsx")


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), pl.exceptions.ComputeError("No space left")])
def test_a_write_that_fails_names_the_file_and_leaves_the_old_one(tmp_path, monkeypatch, error):
    path = tmp_path / "table.parquet"
    write_table(pl.DataFrame({"x": [1]}), path)

    def full(table, staged):
        staged.write_bytes(b"half")
        raise error

    monkeypatch.setattr(pl.DataFrame, "write_parquet", full)
    with pytest.raises(OSError, match=r"table\.parquet cannot be written: .*No space left"):
        write_table(pl.DataFrame({"x": [2]}), path)
    assert pl.read_parquet(path)["x"].to_list() == [1]
    assert [file.name for file in tmp_path.iterdir()] == [path.name]
