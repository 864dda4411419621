from __future__ import annotations

from collections import Counter
from pathlib import Path

import polars as pl
import pytest

from mmfusion.data.batches.modality import ModalityRows
from mmfusion.data.errors import DataError, Problems
from mmfusion.data.kinds.features import Features
from mmfusion.data.kinds.tabular import Tabular
from mmfusion.data.sources.manifest import ManifestSource
from mmfusion.data.table.new_rows import read_rows
from mmfusion.data.table.targets import fit_labels, read_labels
from mmfusion.tasks.multilabel import Multilabel
from mmfusion.tasks.regression import Regression


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    path = tmp_path / "rows.csv"
    lines = ["name,part,who,label"]
    lines += [f"r{i},{'train' if i < 6 else 'dev' if i < 8 else 'test'},p{i % 5},{i % 2}" for i in range(10)]
    path.write_text("\n".join(lines))
    return path


BY_PART = {"column": "part", "train": "train", "val": ["dev", "valid"], "test": "test"}


def test_split_by_column(manifest):
    table = ManifestSource(str(manifest), id="name", split=BY_PART).read()
    assert Counter(table.splits) == {"train": 6, "val": 2, "test": 2}
    assert table.where("val") == [6, 7]
    assert list(table.ids[:2]) == ["r0", "r1"]
    assert table.rows[0] == 2
    assert table.root == manifest.parent.resolve()
    assert table.name == "rows.csv"


def test_rows_are_numbered_without_an_id_column(manifest):
    assert list(ManifestSource(str(manifest), split=BY_PART).read().ids) == [str(i) for i in range(10)]


def test_split_by_ratio_with_groups(manifest):
    split = {"column": None, "ratio": {"train": 0.6, "val": 0.2, "test": 0.2}, "group": "who", "stratify": "label"}
    table = ManifestSource(str(manifest), id="name", split=split).read()
    assert Counter(table.splits) == {"train": 6, "val": 2, "test": 2}
    assert len({*zip(table.columns["who"], table.splits, strict=True)}) == 5


def test_a_split_that_the_column_lacks_comes_from_the_training_rows(manifest):
    split = {**BY_PART, "train": ["train", "dev"], "val": None, "from_train": {"val": 0.25}, "seed": 1}
    table = ManifestSource(str(manifest), id="name", split=split).read()
    assert Counter(table.splits) == {"train": 6, "val": 2, "test": 2}
    assert table.where("test") == [8, 9]
    grouped = ManifestSource(str(manifest), id="name", split={**split, "group": "who", "stratify": "label"}).read()
    pairs = {(w, s) for w, s in zip(grouped.columns["who"], grouped.splits, strict=True) if s != "test"}
    assert len(pairs) == 5
    assert len(grouped.where("val")) in (1, 2)


def test_an_unknown_split_value_names_row_value_and_nearest(manifest):
    manifest.write_text(manifest.read_text().replace("r3,train", "r3,trian").replace("r4,train", "r4,"))
    with pytest.raises(DataError, match="2 problems") as error:
        ManifestSource(str(manifest), split=BY_PART).read()
    assert "rows.csv, line 5, column 'part': 'trian': expected 'train' (train), 'dev' (val)" in str(error.value)
    assert "did you mean 'train'?" in str(error.value)
    assert "line 6, column 'part': None" in str(error.value)


def test_duplicate_and_empty_ids(manifest):
    manifest.write_text(manifest.read_text().replace("r3,", "r1,").replace("r4,", ","))
    with pytest.raises(DataError, match="2 problems") as error:
        ManifestSource(str(manifest), id="name", split=BY_PART).read()
    assert (
        "line 5, column 'name': 'r1': an id of two rows; the first is 3; give each its own, or set data.id=null"
        in str(error.value)
    )
    assert "line 6, column 'name': None: an empty id" in str(error.value)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"id": "nmae", "split": BY_PART}, r"data.id: rows.csv has no column 'nmae'; did you mean 'name'\?"),
        (
            {"split": {**BY_PART, "column": "prt"}},
            r"data.split.column: rows.csv has no column 'prt'; did you mean 'part'",
        ),
        ({"split": {"ratio": {"train": 1.0}, "group": "whom"}}, r"data.split.group: rows.csv has no column 'whom'"),
        ({"split": {"ratio": {"train": 1.0}, "stratify": "lable"}}, r"data.split.stratify: .* did you mean 'label'"),
        (
            {"split": {"ratio": {"train": 0.8, "val": 0.1, "test": 0.1}, "group": "label"}},
            r"2 groups cannot fill 3 splits",
        ),
        ({"split": BY_PART, "root": "/no/such/folder"}, r"data.root: there is no folder /no/such/folder"),
    ],
)
def test_wrong_names_are_refused_with_the_nearest(manifest, arguments, message):
    with pytest.raises(DataError, match=message):
        ManifestSource(str(manifest), **arguments).read()


def test_a_split_by_folds(manifest):
    split = {"column": None, "ratio": None, "folds": 3, "group": "who"}
    result = [ManifestSource(str(manifest), split={**split, "fold": fold}).read() for fold in range(3)]
    assert sorted(row for item in result for row in item.where("test")) == list(range(len(result[0])))
    beside = {**BY_PART, "folds": 2, "fold": 0}
    first, second = (ManifestSource(str(manifest), split={**beside, "fold": fold}).read() for fold in (0, 1))
    assert (
        first.where("test") == second.where("test") == ManifestSource(str(manifest), split=BY_PART).read().where("test")
    )
    assert first.where("val") == second.where("train")


@pytest.mark.parametrize("cell", ["", "NA", "nan", "NaN", " NaN "])
def test_an_empty_cell_is_an_absent_modality_and_a_missing_label_whatever_it_says(tmp_path, cell):
    (tmp_path / "rows.csv").write_text(f"dose,label,split\n1,2,train\n{cell},{cell},train\n3,4,train\n")
    table = ManifestSource(str(tmp_path / "rows.csv")).read()
    assert ModalityRows("vitals", Tabular(numeric=["dose"]), table).present.tolist() == [True, False, True]
    task = Regression()
    problems = Problems("rows.csv")
    fit_labels(table, {"label": task})
    assert read_labels(table, {"label": task}, problems)["label"].labelled.tolist() == [True, False, True]
    assert not problems


def test_a_relative_path_is_looked_for_under_the_root_first(manifest, tmp_path, monkeypatch):
    monkeypatch.chdir("/")
    assert len(ManifestSource("rows.csv", root=str(tmp_path), split=BY_PART).read()) == 10
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    (tmp_path / "here" / "other.csv").write_text("part\ntrain\n")
    assert len(ManifestSource("other.csv", root=str(tmp_path), split=BY_PART).read()) == 1
    with pytest.raises(
        DataError, match=r"there is no file othr.csv in .*; did you mean other.csv\?; .* data.root=FOLDER"
    ):
        ManifestSource("othr.csv", split=BY_PART).read()
    with pytest.raises(DataError, match=r"there is no file rowz\.csv"):
        ManifestSource("rowz.csv", root=str(tmp_path), split=BY_PART).read()


@pytest.mark.parametrize("suffix", [".jsonl", ".parquet"])
def test_an_empty_list_of_labels_is_a_label_and_an_empty_cell_is_none(tmp_path, suffix):
    frame = pl.DataFrame(
        {"split": ["train"] * 3, "tags": [["a", "b"], [], None], "vector": [[1.0, 2.0], [], [3.0, 4.0]]}
    )
    path = tmp_path / f"rows{suffix}"
    frame.write_parquet(path) if suffix == ".parquet" else frame.write_ndjson(path)
    table = ManifestSource(str(path)).read()
    task, problems = Multilabel(), Problems("rows")
    fit_labels(table, {"tags": task})
    labels = read_labels(table, {"tags": task}, problems)["tags"]
    assert len(problems) == 0
    assert labels.labelled.tolist() == [True, True, False]
    assert labels.targets.tolist() == [[1, 1], [0, 0], [0, 0]]
    inputs = ModalityRows("vector", Features(), table)  # as an input, a list of nothing is an absent modality
    assert inputs.present.tolist() == [True, False, True]
    assert len(inputs.cells) == 2


def test_one_bad_row_of_many_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr("mmfusion.data.table.delimited.CHUNK", 500)
    path = tmp_path / "many.csv"
    path.write_text("id,split,image,text,label\n" + "".join(f"x{i},train,{i}.png,a few words,3\n" for i in range(1200)))
    assert len(ManifestSource(str(path), id="id").read()) == 1200
    with path.open("a") as file:
        file.write("x17,tset,a.png,,\n")
    with pytest.raises(DataError, match=r"many.csv, line 1202, column 'id': 'x17': an id of two rows; the first is 19"):
        ManifestSource(str(path), id="id").read()
    with pytest.raises(DataError, match=r"many.csv, line 1202, column 'split': 'tset': .* did you mean 'test'"):
        ManifestSource(str(path)).read()


@pytest.mark.parametrize(
    "split",
    [
        {"column": None, "ratio": {"train": 0.6, "val": 0.2, "test": 0.2}, "stratify": "label"},
        {"column": "part", "train": "train", "val": None, "test": "test", "from_train": {"val": 0.2}},
    ],
)
def test_without_ids_a_split_depends_on_what_rows_hold_and_not_on_their_order(tmp_path, split):
    rows = [f"{i % 30},{'test' if i % 6 == 0 else 'train'},{i % 2}" for i in range(60)]  # every row is there twice
    dealt = []
    for order in (rows, rows[::-1], rows[17:] + rows[:17]):
        (tmp_path / "rows.csv").write_text("\n".join(["x,part,label", *order]))
        table = ManifestSource(str(tmp_path / "rows.csv"), split=split).read()
        assert list(table.ids) == [str(i) for i in range(60)]
        dealt.append(sorted(zip(table.columns["x"], table.splits, strict=True)))
    assert dealt[0] == dealt[1] == dealt[2]
    assert Counter(name for _, name in dealt[0])["val"] >= 10


def test_rows_of_arrays_have_a_split_of_their_own_too(tmp_path):
    path = tmp_path / "rows.jsonl"
    split = {"column": None, "ratio": {"train": 0.5, "test": 0.5}}
    lines = [f'{{"x": [{i}, 1], "y": {i}}}' for i in range(20)]
    dealt = []
    for order in (lines, lines[::-1]):
        path.write_text("\n".join(order))
        table = ManifestSource(str(path), split=split).read()
        dealt.append(dict(zip(table.columns["y"], table.splits, strict=True)))
    assert dealt[0] == dealt[1]


@pytest.mark.parametrize("suffix", ["parquet", "jsonl"])
def test_whole_floats_are_ids_as_they_were_before_some_program_made_floats_of_them(tmp_path, suffix):
    path = tmp_path / f"a.{suffix}"
    frame = pl.DataFrame({"id": [20230000171.0, 2.0], "part": [1.0, 2.0]})
    frame.write_parquet(path) if suffix == "parquet" else frame.write_ndjson(path)
    split = {"column": "part", "train": 1, "val": 2, "test": None}
    table = ManifestSource(str(path), id="id", split=split).read()
    assert list(table.ids) == ["20230000171", "2"]
    assert table.splits == ["train", "val"]
    pl.DataFrame({"id": [1.5, 2.0]}).write_parquet(tmp_path / "b.parquet")
    assert list(read_rows(tmp_path / "b.parquet").ids) == ["1.5", "2.0"]
