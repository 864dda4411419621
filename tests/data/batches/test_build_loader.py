from types import SimpleNamespace

import pytest
import torch
from pytorch_lightning import Trainer

from mmfusion.data.batches.build_loader import Rank, current_rank
from mmfusion.data.errors import DataError
from tests.data.running import at_rank, ready


def test_fewer_rows_than_a_batch_with_drop_last(table):
    data = ready(table, batch_size=31, drop_last=True)
    with pytest.raises(DataError, match="30 rows are fewer than one batch of 31 × 1 processes"):
        data.train_dataloader()
    assert len(ready(table, batch_size=30, drop_last=True).train_dataloader()) == 1


def test_fewer_rows_than_processes(table):
    data = at_rank(table, 0, 8)
    assert len(data.test_dataloader()) == 1
    with pytest.raises(DataError, match="split 'val': 7 rows for 8 processes; each needs at least one"):
        data.val_dataloader()


def test_workers_are_shared_out_among_the_processes_of_a_machine(table, monkeypatch):
    monkeypatch.setattr("mmfusion.data.batches.build_loader.usable_cores", lambda: 8)
    assert at_rank(table, 0, 2, cache="none").val_dataloader().workers == 3
    assert at_rank(table, 0, 8 - 1, cache="none").val_dataloader().workers == 1
    assert ready(table, cache="none").val_dataloader().workers == 7
    assert ready(table, cache="none", workers=2).val_dataloader().workers == 2
    assert ready(table).val_dataloader().workers == 0


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_batches_are_pinned_where_the_trainer_runs_on_a_gpu(table, monkeypatch, device):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert not ready(table).val_dataloader().pin_memory  # nobody has said where to
    for given, expected in (("auto", device == "cuda"), (True, True), (False, False)):
        data = at_rank(table, 0, 1, pin_memory=given)
        data.trainer.strategy = SimpleNamespace(root_device=torch.device(device))
        assert data.train_dataloader().pin_memory is expected, given


def test_the_rank_without_a_trainer_is_torchs(monkeypatch):
    assert current_rank(None) == Rank(rank=0, world=1, local=1, on_gpu=False, overfits=False)
    for name, value in (("is_initialized", True), ("get_rank", 2), ("get_world_size", 3)):
        monkeypatch.setattr(torch.distributed, name, lambda value=value: value)
    assert current_rank(None) == Rank(rank=2, world=3)


@pytest.mark.parametrize("batches", [0, 2, 0.5])
def test_a_trainer_on_the_cpu(batches):
    trainer = Trainer(accelerator="cpu", logger=False, enable_checkpointing=False, overfit_batches=batches)
    assert current_rank(trainer) == Rank(local=1, overfits=bool(batches))
