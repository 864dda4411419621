from types import SimpleNamespace

import pytest
import torch
from pytorch_lightning import Trainer

from mmfusion.data.batches.rank import Rank, current_rank


def test_alone():
    assert current_rank(None) == Rank(rank=0, world=1, local=1, on_gpu=False, overfits=False)


def test_torch_distributed_without_a_trainer(monkeypatch):
    for name, value in (("is_initialized", True), ("get_rank", 2), ("get_world_size", 3)):
        monkeypatch.setattr(torch.distributed, name, lambda value=value: value)
    assert current_rank(None) == Rank(rank=2, world=3)


@pytest.mark.parametrize("batches", [0, 2, 0.5])
def test_a_trainer_on_the_cpu(batches):
    trainer = Trainer(accelerator="cpu", logger=False, enable_checkpointing=False, overfit_batches=batches)
    assert current_rank(trainer) == Rank(local=1, overfits=bool(batches))


@pytest.mark.parametrize("device", ["cpu", "cuda:1"])
def test_where_the_trainer_computes_says_whether_batches_go_to_a_gpu(device):
    strategy = SimpleNamespace(root_device=torch.device(device))
    trainer = SimpleNamespace(global_rank=5, world_size=8, num_devices=4, overfit_batches=0.0, strategy=strategy)
    assert current_rank(trainer) == Rank(rank=5, world=8, local=4, on_gpu=device == "cuda:1")
