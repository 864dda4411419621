from types import SimpleNamespace

import pytest

from mmfusion.data.batches.dataset import SplitDataset
from mmfusion.data.errors import DataError, DecodeError
from mmfusion.data.kinds.features import Features
from mmfusion.data.kinds.text import Text
from mmfusion.data.set_up import choose_cached, fit_training, load, measure_kinds
from mmfusion.data.table.table import Table


def table(**columns):
    n = len(next(iter(columns.values())))
    return Table("t.csv", columns, ["train"] * n, [f"r{i}" for i in range(n)], range(2, n + 2))


def sized(own=(), **sizes):
    """Media of these sizes; those of `own` are cells of the table itself."""
    return SimpleNamespace(
        inputs={
            name: SimpleNamespace(estimate=lambda size=size: size, kind=SimpleNamespace(reads_files=name not in own))
            for name, size in sizes.items()
        }
    )


def test_the_smallest_modalities_are_kept_as_many_as_fit():
    splits = [sized(image=6e9, text=1e8, speech=1e9), sized(image=1e9, text=1e8, speech=1e9)]
    assert choose_cached(splits, "auto", 3.0) == ["text", "speech"]
    assert choose_cached(splits, "auto", 2.1) == ["text"]  # both splits count
    assert choose_cached(splits, "auto", 9.2) == ["text", "speech", "image"]
    assert choose_cached(splits, "memory", 0.0) == ["image", "text", "speech"]
    assert choose_cached(splits, "none", 99.0) == []


def test_cells_of_the_table_itself_are_always_read():
    splits = [sized(own=["text"], image=6e9, text=1e10, speech=1e9)]
    assert choose_cached(splits, "auto", 1.0) == ["speech", "text"]
    assert choose_cached(splits, "none", 0.0) == ["text"]


class Flaky(Text):
    """`!` is broken."""

    def decode_all(self, cells):
        return None

    def decode(self, cell, root):
        if cell == "!":
            raise DecodeError(f"{cell} is broken")
        return super().decode(cell, root)


def rows(on_error="absent", **columns):
    kinds = {name: Flaky() for name in columns}
    for kind in kinds.values():
        kind.fit(["a b"], None)
    return SplitDataset(table(**columns), kinds, {}, 0, on_error)


def test_rows_that_lose_all_they_had_are_left_out_after_loading():
    dataset = rows(x=["a", "!", "!", None], y=["b", "b", None, "b"])
    load({"train": dataset}, ["x", "y"])
    assert dataset.kept.tolist() == [True, True, False, True]
    assert dataset.unreadable() == {
        "x": {
            "rows": 2,
            "first": [f"t.csv, line {i}, column 'x', id r{i - 2}: ! is broken" for i in (3, 4)],
        }
    }


def test_a_modality_of_which_nothing_can_be_decoded_cannot_be_measured():
    dataset = rows(x=["!", "!"], y=["a", "a"])
    load({"train": dataset}, ["x", "y"])
    with pytest.raises(DataError, match="modality 'x': no medium of the training rows can be decoded"):
        measure_kinds(dataset.inputs)


def test_what_else_a_kind_says_names_modality_and_table():
    with pytest.raises(DataError, match=r"modality 'v' of t\.csv: a list of lists of unequal length"):
        fit_training(table(v=[[[1.0], [2.0, 3.0]]]), {"v": Features()}, {})
