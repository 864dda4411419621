import numpy as np

from mmfusion.data.sources._generated import generator, table_of


def test_a_table_split_by_split():
    calls = []

    def make(split, n):
        calls.append((split, n))
        return {"x": np.full((n, 2), n, dtype=np.float32), "y": [split] * n}

    table = table_of("made", {"train": 2, "test": 1.0}, make)
    assert calls == [("train", 2), ("val", 0), ("test", 1)]
    assert table.name == "made"
    assert table.columns["x"].dtype == np.float32
    assert table.columns["x"].tolist() == [[2, 2], [2, 2], [1, 1]]
    assert table.columns["y"] == list(table.splits) == ["train", "train", "test"]
    assert table.ids == ["train_00000", "train_00001", "test_00000"]
    assert list(table.rows) == [1, 2, 3]


def test_each_thing_has_a_generator_of_its_own():
    draws = [generator(*key).integers(1 << 60) for key in ((0, "a"), (0, "a"), (0, "b"), (1, "a"), (0, "a", 1))]
    assert draws[0] == draws[1]
    assert len(set(draws)) == 4
