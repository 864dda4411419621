import numpy as np
import pytest
import torch

from mmfusion.data.batches.modality import SAMPLED, ModalityRows
from mmfusion.data.errors import DecodeError
from mmfusion.data.kinds.features import Features
from mmfusion.data.kinds.tabular import Tabular
from mmfusion.data.table.table import Table


class Counted(Features):
    """Vectors `[v, v]` of numbers written as texts; counts what it decodes, and `x` is broken."""

    def __init__(self):
        super().__init__(standardize=False)
        self.width, self.seen = 2, []

    def decode(self, cell, root):
        self.seen.append(cell)
        if cell == "x":
            raise DecodeError("x is broken")
        return torch.full((2,), float(cell))


CELLS = ["5", None, "7", "5", "x", "7"]


def inputs(cells=CELLS, kind=None):
    n = len(cells)
    table = Table("t.csv", {"v": cells}, ["train"] * n, [str(i) for i in range(n)], range(n))
    return ModalityRows("v", kind or Counted(), table)


def test_rows_share_the_media_that_they_both_name():
    modality = inputs()
    assert list(modality.cells) == ["5", "7", "x"]
    assert modality.places.tolist() == [0, -1, 1, 0, 2, 1]
    assert modality.present.tolist() == [True, False, True, True, True, True]


def test_a_row_of_several_columns_is_present_if_any_is_filled():
    columns = {"a": ["1", None, None], "b": [None, None, "2"]}
    table = Table("t.csv", columns, ["train"] * 3, ["0", "1", "2"], range(3))
    modality = ModalityRows("t", Tabular(columns=["a", "b"]), table)
    assert modality.places.tolist() == [0, -1, 1]
    assert list(modality.cells) == [("1", None), (None, "2")]


def test_loading_decodes_each_medium_once_and_tells_of_broken_ones():
    modality = inputs()
    assert modality.load(stop=False) == {2: "x is broken"}
    assert modality.kind.seen == ["5", "7", "x"]
    packed, places, failed = modality.fetch(torch.tensor([1, -1, 0]))
    assert packed is modality.packed
    assert (places.tolist(), failed) == ([1, -1, 0], {})
    assert modality.kind.seen == ["5", "7", "x"]


def test_fetching_decodes_what_a_batch_needs_once_and_names_its_broken_rows():
    modality = inputs()
    packed, places, failed = modality.fetch(torch.tensor([2, 1, -1, 1, 2]))
    assert sorted(modality.kind.seen) == ["7", "x"]
    assert failed == {0: "x is broken", 4: "x is broken"}
    assert packed.values[places[[1, 3]]].tolist() == [[7, 7], [7, 7]]
    assert places[2] == -1


def test_the_estimate_is_all_media_by_the_mean_of_a_few():
    modality = inputs([str(i) for i in range(500)])
    assert modality.estimate() == 500 * 2 * 4
    assert len(modality.kind.seen) == SAMPLED
    assert inputs(["x", "x"]).estimate() == 0
    assert inputs([None]).estimate() == 0


@pytest.mark.parametrize("loaded", [True, False])
def test_what_is_measured_is_spread_over_all_media_and_sound(loaded):
    modality = inputs([str(i) if i else "x" for i in range(100)])
    if loaded:
        modality.load(stop=False)
        modality.places[0] = -1  # as the rows do with what is broken
    parts = list(modality.chunks(limit=11, size=4))
    values = torch.cat(parts)[:, 0].tolist()
    assert all(len(part) <= 4 for part in parts)
    assert len(values) == (11 if loaded else 10)
    assert values[-1] == 99
    assert max(np.diff(values)) <= 11
