from types import SimpleNamespace

import pytest
import torch

from mmfusion.data.errors import DataError
from tests.data.running import at_rank, ready


def test_fewer_rows_than_a_batch_with_drop_last(table):
    data = ready(table, batch_size=31, drop_last=True)
    with pytest.raises(DataError, match="30 rows are fewer than one batch of 31 × 1 processes"):
        data.train_dataloader()
    assert len(ready(table, batch_size=30, drop_last=True).train_dataloader()) == 1


@pytest.mark.parametrize("split", ["train", "val", "test"])
def test_ranks_together_see_what_one_process_sees(table, split):
    def steps(data):
        return [batch.ids for batch in getattr(data, f"{split}_dataloader")()]

    one = steps(ready(table, batch_size=8))
    two = [steps(at_rank(table, rank, 2, batch_size=4)) for rank in range(2)]
    both = [a + b for a, b in zip(*two, strict=True)]
    assert both[:-1] == one[: len(both) - 1]
    assert sum(both, []) == sum(one, [])  # noqa: RUF017 - a tail of one row joins the batch before it


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
