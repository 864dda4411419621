import pytest
import torch

from mmfusion.data.kinds._window import Window


def test_whole_rows_without_a_limit():
    starts, lengths = Window().place(torch.tensor([3, 0]), torch.rand(2))
    assert starts.tolist() == [0, 0]
    assert lengths.tolist() == [3, 0]


@pytest.mark.parametrize(("crop", "expected"), [("start", 0), ("center", 3), ("random", 3)])
def test_evaluation_is_deterministic(crop, expected):
    starts, lengths = Window(4, crop).place(torch.tensor([10, 2]), None)
    assert starts.tolist() == [expected, 0]
    assert lengths.tolist() == [4, 2]


def test_random_windows_reach_every_place_and_nothing_beyond():
    starts, lengths = Window(4, "random").place(torch.full((500,), 6), torch.linspace(0, 1, 500))
    assert sorted(set(starts.tolist())) == [0, 1, 2]
    assert set(lengths.tolist()) == {4}


@pytest.mark.parametrize(("crop", "expected"), [("start", [0, 1]), ("center", [1, 2]), ("random", [0, 1, 2, 3])])
def test_cut_keeps_what_any_batch_may_take(crop, expected):
    assert Window(2, crop).cut(torch.arange(4)).tolist() == expected


def test_cut_and_place_agree_in_the_centre():
    row = torch.arange(11)
    for limit in range(1, 11):
        starts, _ = Window(limit, "random").place(torch.tensor([11]), None)
        assert Window(limit, "center").cut(row)[0] == starts[0]
