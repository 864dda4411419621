import multiprocessing
import os
import signal
import threading
import time

import numpy as np
import pytest
import torch

from mmfusion.data.batches.dataset import SplitDataset
from mmfusion.data.batches.loader import Loader
from mmfusion.data.batches.sampler import DistributedBatchSampler
from mmfusion.data.errors import DataError, DecodeError
from mmfusion.data.kinds.features import Features
from mmfusion.data.table.table import Table

N = 12


class Vectors(Features):
    """Vectors of one number, its row; a row can hang, kill its process or be broken."""

    def __init__(self, hang=None, kill=None, broken=()):
        super().__init__(standardize=False)
        self.width, self.hang, self.kill, self.broken = 1, hang, kill, broken

    def decode(self, cell, root):
        row = int(cell[0])
        if row == self.hang:
            time.sleep(3600)
        if row == self.kill:
            os.kill(os.getpid(), signal.SIGKILL)
        if row in self.broken:
            raise DecodeError(f"{row} is broken")
        return torch.tensor([float(row)])


def loader(workers=0, on_error="raise", sampler=None, max_error_rate=0.5, timeout_s=60.0, **faults):
    cells = [np.array([i]) for i in range(N)]
    table = Table("t.csv", {"x": cells}, ["train"] * N, [f"row{i}" for i in range(N)], range(2, N + 2))
    rows = SplitDataset(table, {"x": Vectors(**faults)}, {}, 0, on_error)
    sampler = sampler or DistributedBatchSampler(np.arange(N), 5)
    return Loader(rows, sampler, workers=workers, timeout_s=timeout_s, max_error_rate=max_error_rate)


def numbers(batches):
    return [batch.inputs["x"].flatten().tolist() for batch in batches]


@pytest.mark.parametrize("workers", [0, 2])
def test_batches_in_order_epoch_after_epoch(workers):
    batches = loader(workers)
    assert len(batches) == 3
    expected = [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9], [10, 11]]
    assert numbers(batches) == expected
    assert numbers(batches) == expected


def test_workers_change_nothing_and_draw_nothing_from_the_global_generator():
    def epochs(workers):
        torch.manual_seed(5)
        batches = loader(workers, sampler=DistributedBatchSampler(np.arange(N), 5, shuffle=True, training=True))
        result = []
        for epoch in range(2):
            batches.batch_sampler.sampler.set_epoch(epoch)
            result.append(numbers(batches))
        return result, torch.rand(1).item()

    assert epochs(0) == epochs(2)


@pytest.mark.parametrize("workers", [0, 1])
def test_resuming_goes_on_behind_the_batches_that_were_given(workers):
    def fresh():
        batches = loader(workers, sampler=DistributedBatchSampler(np.arange(N), 2, shuffle=True))
        batches.distributed_sampler.set_epoch(3)
        return batches

    whole = numbers(fresh())
    begun = fresh()
    running = iter(begun)
    assert [next(running).inputs["x"].flatten().tolist() for _ in range(4)] == whole[:4]
    state = begun.state_dict()
    assert state == {"epoch": 3, "given": 4}
    resumed = fresh()
    resumed.load_state_dict(state)
    assert numbers(resumed) == whole[4:]
    resumed.distributed_sampler.set_epoch(3)
    assert numbers(resumed) == whole


def test_a_state_of_another_epoch_skips_nothing():
    batches = loader()
    batches.load_state_dict({"epoch": 4, "given": 2})
    assert len(numbers(batches)) == 3


@pytest.mark.parametrize("workers", [0, 1])
def test_a_broken_row_is_named(workers):
    with pytest.raises(DecodeError, match=r"t\.csv, line 9, column 'x', id row7: 7 is broken"):
        numbers(loader(workers, broken=[7]))


@pytest.mark.parametrize("workers", [0, 2])
def test_skipped_rows_are_counted_across_processes(workers):
    batches = loader(workers, on_error="skip", broken=[1, 7])
    assert numbers(batches) == [[0, 2, 3, 4], [5, 6, 8, 9], [10, 11]]
    assert batches.rows.faulty["x"].nonzero().flatten().tolist() == [1, 7]


@pytest.mark.parametrize("workers", [0, 1])
def test_too_many_broken_rows_stop_the_run(workers):
    with pytest.raises(DataError, match=r"x: 3 of 12 rows of t\.csv cannot be decoded, .*max_error_rate=0\.2") as error:
        numbers(loader(workers, on_error="skip", max_error_rate=0.2, broken=[1, 6, 7]))
    assert "t.csv, line 3, column 'x', id row1" in str(error.value)


def test_a_killed_worker_is_an_error_that_names_its_rows():
    with pytest.raises(
        RuntimeError, match=r"(killed by|exited unexpectedly).*batch 1, rows row5, row6, row7, row8, row9"
    ):
        numbers(loader(1, kill=7))


class _Broken:
    """Stands for the loader processes; `batches` iterates."""

    def __init__(self, batches):
        self.batches = batches

    def __iter__(self):
        return self.batches()


@pytest.mark.parametrize("signalled", [True, False])
def test_a_worker_killed_while_its_batch_is_fetched_is_an_error_that_names_its_rows(monkeypatch, signalled):
    """The connection breaks before the signal of the death comes, or the signal went to another place."""
    monkeypatch.setattr("mmfusion.data.batches.loader.SIGNAL_S", 60.0 if signalled else 0.1)
    batches = loader(1)
    dead = multiprocessing.get_context("spawn").Process(target=int)
    dead.start()
    dead.join()
    batches.rows.making[0] = torch.tensor([dead.pid, 1])

    def broken():
        if signalled:
            threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGALRM)).start()
        raise EOFError
        yield

    def handler(*_):
        raise RuntimeError("DataLoader worker (pid 7) is killed by signal: Killed.")

    previous = signal.signal(signal.SIGALRM, handler)
    try:
        batches._processes = _Broken(broken)
        with pytest.raises(RuntimeError, match=r"killed by|EOFError") as error:
            numbers(batches)
    finally:
        signal.signal(signal.SIGALRM, previous)
    assert "batch 1, rows row5, row6, row7, row8, row9" in str(error.value)
    assert ("killed by" in str(error.value)) == signalled


def test_a_hanging_worker_is_an_error_within_the_time_out():
    with pytest.raises(RuntimeError, match=r"timed out.*batch 0, rows row0, row1"):
        numbers(loader(1, hang=2, timeout_s=1))
