"""One process; sums of two real ranks are in `test_ddp.py`."""

import torch
import torch.distributed as dist

from mmfusion.training.distributed import gather_over_ranks, sum_over_ranks, world_size


def test_one_process_is_a_world_of_one():
    assert not dist.is_initialized()
    assert world_size() == 1


def test_the_sum_over_one_rank_is_the_value_itself():
    x = torch.tensor([1.5, -2.0])
    assert sum_over_ranks(x) is x
    assert x.tolist() == [1.5, -2.0]


def test_the_items_of_one_rank_are_its_own_in_their_order():
    items = [{"b": 1}, None, "a"]
    assert gather_over_ranks(items) == [{"b": 1}, None, "a"]
    assert gather_over_ranks([]) == []


def test_a_group_of_one_asks_nobody(tmp_path):
    dist.init_process_group("gloo", init_method=f"file://{tmp_path / 'store'}", rank=0, world_size=1)
    try:
        assert world_size() == 1
        assert sum_over_ranks(torch.tensor(3.0)) == 3
        assert gather_over_ranks(["a", 1]) == ["a", 1]
    finally:
        dist.destroy_process_group()
