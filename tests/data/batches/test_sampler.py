from itertools import chain

import numpy as np
import pytest

from mmfusion.data.batches.sampler import DistributedBatchSampler
from tests.helpers.pairwise import pairwise


def batches(n, size, world=1, **options):
    """Step to the pieces of each rank."""
    ranks = [list(DistributedBatchSampler(np.arange(n), size, rank=r, world=world, **options)) for r in range(world)]
    assert len({len(sampler) for sampler in ranks}) == 1
    return [[indices.rows.tolist() for indices in step] for step in zip(*ranks, strict=True)]


def test_in_order_with_a_shorter_last_batch():
    assert batches(5, 2) == [[[0, 1]], [[2, 3]], [[4]]]


def test_drop_last():
    assert batches(5, 2, drop_last=True) == [[[0, 1]], [[2, 3]]]
    assert batches(4, 2, drop_last=True) == [[[0, 1]], [[2, 3]]]
    assert batches(1, 2, drop_last=True) == []


@pairwise(n=[7, 8, 9, 20, 21, 22, 23, 24, 100], world=[2, 3], shuffle=[False, True])
def test_every_row_once_and_nobody_without_a_row(n, world, shuffle):
    steps = batches(n, 4, world, shuffle=shuffle)
    seen = [row for step in steps for piece in step for row in piece]
    assert sorted(seen) == list(range(n))
    assert all(piece for step in steps for piece in step)


@pytest.mark.parametrize("world", [2, 4])
def test_ranks_together_see_what_one_process_sees(world):
    one = batches(30, 8, shuffle=True, seed=3)
    many = batches(30, 8 // world, world, shuffle=True, seed=3)
    assert [list(chain(*step)) for step in one] == [list(chain(*step)) for step in many]


def test_a_tail_of_fewer_rows_than_ranks_joins_the_batch_before():
    assert batches(9, 2, 2) == [[[0, 1], [2, 3]], [[4, 5], [6, 7, 8]]]


def test_order_depends_on_seed_and_epoch_alone():
    sampler = DistributedBatchSampler(np.arange(50), 10, shuffle=True, seed=1)

    def order(epoch):
        sampler.set_epoch(epoch)
        return np.concatenate([indices.rows for indices in sampler]).tolist()

    first, second = order(0), order(1)
    assert first != second
    assert order(0) == first
    assert [row for step in batches(50, 10, shuffle=True, seed=1) for row in step[0]] == first
    assert [row for step in batches(50, 10, shuffle=True, seed=2) for row in step[0]] != first


def test_after_gives_the_rest_of_the_epoch():
    sampler = DistributedBatchSampler(np.arange(10), 3, shuffle=True, training=True)
    whole, rest = list(sampler), list(sampler.after(2))
    assert [p.rows.tolist() for p in rest] == [p.rows.tolist() for p in whole[2:]]
    assert [p.step for p in rest] == [p.step for p in whole[2:]]


def test_batches_know_their_epoch_in_training_alone():
    sampler = DistributedBatchSampler(np.arange(4), 2, training=True)
    sampler.set_epoch(3)
    assert {indices.epoch for indices in sampler} == {3}
    assert {indices.epoch for indices in DistributedBatchSampler(np.arange(4), 2)} == {None}


def test_rows_are_those_given():
    assert [p.rows.tolist() for p in DistributedBatchSampler(np.array([4, 7, 9]), 2)] == [[4, 7], [9]]
