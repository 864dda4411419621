import pytest
import torch

from mmfusion.batch import Tokens
from mmfusion.data.transforms.random_shift import RandomShift
from tests.data.transforms.cases import check_random, generator, words


def rows():
    lengths = torch.tensor([10, 4] * 100)
    tokens = Tokens(torch.arange(1.0, 11).repeat(200, 1), lengths)
    return Tokens(tokens.values * tokens.mask(), lengths)


def is_shifted(row, original, length, k):
    kept = torch.equal(row[max(0, k) : length + min(0, k)], original[max(0, -k) : length - max(0, k)])
    return kept and not row[: max(0, k)].any() and not row[length + min(0, k) :].any()


def test_each_row_moves_within_its_own_length():
    x = rows()
    shifted = RandomShift(0.25)(x, generator())
    seen = {10: set(), 4: set()}
    for row, original, length in zip(shifted.values, x.values, x.lengths.tolist(), strict=True):
        (k,) = [k for k in range(1 - length, length) if is_shifted(row, original, length, k)]
        seen[length].add(k)
    assert seen == {10: {-2, -1, 0, 1, 2}, 4: {-1, 0, 1}}


def test_random_by_its_generator_alone():
    check_random(RandomShift(0.3), rows())


def test_what_is_refused():
    with pytest.raises(ValueError, match="expected waveforms"):
        RandomShift()(words(), generator())
    with pytest.raises(ValueError, match="fraction must lie in 0…1, found 1"):
        RandomShift(1.0)
