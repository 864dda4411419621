import pytest

from mmfusion.config.names import MANIFEST
from mmfusion.data.sources.manifest import ManifestSource
from mmfusion.sweeps.split_checks import refused_splits

ROWS = "".join(f"r{i},{'abc'[i % 3]},{'train' if i < 20 else 'val' if i < 25 else 'test'}\n" for i in range(30))


@pytest.fixture
def table(tmp_path):
    (tmp_path / "a.csv").write_text(f"id,who,split\n{ROWS}")
    return str(tmp_path / "a.csv")


def config(path, split, **more):
    return {"data": {"_target_": MANIFEST, "path": path, "split": split, "modalities": {}, "loader": {}, **more}}


@pytest.mark.parametrize(
    ("split", "why"),
    [
        ({"folds": 3}, None),
        ({"folds": "groups", "group": "who", "fold": 1}, None),
        ({"folds": "groups", "group": "who", "fold": 3}, r"data.split.fold: expected 0 to 2 (a, b, c), found 3"),
        ({"folds": 6, "group": "who"}, "too few for 6 folds; expected 2 to 3"),
        ({"folds": 31}, "too few for 31 folds"),
        ({"folds": 3, "group": "hwo"}, "has no column 'hwo'; did you mean 'who'"),
        ({"folds": 3, "stratify": "id"}, "holds 30 values in 30 rows, so there are no classes to stratify by"),
        ({"ratio": {"train": 0.5, "val": 0.3, "test": 0.2}, "group": "split"}, None),
        ({"folds": 3, "group": "who", "from_train": {"val": 0}}, None),
        ({"column": "splt", "train": "train"}, "has no column 'splt'; did you mean 'split'"),
        ({"column": "split", "train": "train", "val": "dev"}, "expected 'train' (train), 'dev' (val)"),
        ({"column": "split", "train": ["train", "val"], "val": "dev", "test": "test"}, "no rows in split 'val'"),
        ({"column": "split", "train": ["train", "val"], "val": None, "test": "test"}, None),
    ],
)
def test_what_only_the_table_shows_of_a_split(table, split, why):
    refused = refused_splits({0: config(table, {"folds": 2}), 1: config(table, split)})
    if why is None:
        assert not refused
    else:
        assert list(refused) == [1]
        assert why in str(refused[1])


def test_a_table_is_read_once_for_all_of_its_splits(table, monkeypatch):
    read, seen = ManifestSource._rows, []
    monkeypatch.setattr(ManifestSource, "_rows", lambda self: seen.append(self.path) or read(self))
    configs = {
        (k, seed): config(table, {"folds": "groups", "group": "who", "fold": k}) for k in range(4) for seed in range(3)
    }
    assert sorted(refused_splits(configs)) == [(3, seed) for seed in range(3)]
    assert seen == [table]


def test_what_is_no_table_or_is_not_here_is_for_the_jobs(table):
    gone = config(table + "x", {"folds": "groups", "group": "who", "fold": 9})
    assert not refused_splits({0: gone, 1: {"data": {"_target_": "mmfusion.data.sources.digits.source.Digits"}}})
