import numpy as np
import pytest

from mmfusion.data.sources._generated import at_least, checked, generator, table_of


def test_numbers_by_name_come_back_as_a_copy():
    given = {"train": 3}
    found = checked("rows", given, ("train", "val"))
    assert found == given
    assert found is not given


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"vla": 1}, r"data\.rows: there is no 'vla'; did you mean 'val'"),
        ({"val": -1}, r"data\.rows\.val: expected a number from 0 to 1, found -1"),
        ({"val": 1.5}, r"data\.rows\.val: expected a number from 0 to 1, found 1\.5"),
        ({"val": float("nan")}, r"data\.rows\.val: expected a number from 0 to 1, found nan"),
    ],
)
def test_names_and_numbers_that_are_refused(given, message):
    with pytest.raises(ValueError, match=message):
        checked("rows", given, ("train", "val"), 0, 1)


def test_a_number_without_an_upper_end():
    at_least("seed", 1e9, 0)
    with pytest.raises(ValueError, match=r"data\.seed: expected 0 or more, found -1"):
        at_least("seed", -1, 0)


def test_a_table_split_by_split():
    asked = []

    def make(split, n):
        asked.append((split, n))
        return {"x": np.full((n, 2), n, dtype=np.float32), "y": [split] * n}

    table = table_of("made", {"train": 2, "test": 1.0}, make)
    assert asked == [("train", 2), ("val", 0), ("test", 1)]
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
