"""One process; sums of two real ranks are in `test_ddp.py`."""

import torch
import torch.distributed as dist

from mmfusion.training.distributed import gather_over_ranks, sum_over_ranks, world_size


def test_one_process_and_a_group_of_one_ask_nobody(tmp_path):
    x, items = torch.tensor([1.5, -2.0]), [{"b": 1}, None, "a"]
    for _ in range(2):
        assert world_size() == 1
        assert sum_over_ranks(x) is x
        assert gather_over_ranks(items) == [{"b": 1}, None, "a"]
        if not dist.is_initialized():
            dist.init_process_group("gloo", init_method=f"file://{tmp_path / 'store'}", rank=0, world_size=1)
    dist.destroy_process_group()
