"""Inputs of every kind, and what every random transform must do with them."""

import torch

from mmfusion.batch import Tokens


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def images(batch=64):
    return torch.randn(batch, 3, 5, 7, generator=generator(9))


def waves():
    """Ones; every third row of four is absent."""
    lengths = torch.tensor([100, 50, 0, 100] * 50)
    tokens = Tokens(torch.ones(200, 100), lengths)
    return Tokens(tokens.values * tokens.mask(), lengths)


def words(length=20, batch=300):
    """Ids 2, 3, 4, …; some rows have one word, some none."""
    lengths = torch.full((batch,), length)
    lengths[::3] = 1
    lengths[1::7] = 0
    tokens = Tokens(torch.arange(2, 2 + length).repeat(batch, 1), lengths)
    return Tokens(tokens.values * tokens.mask(), lengths)


def check_random(transform, x):
    """One seed gives one result, another seed another; the input is not written to."""
    values = [x.values, x.lengths] if isinstance(x, Tokens) else [x]
    before = [each.clone() for each in values]
    results = []
    for seed in (1, 1, 2):
        y = transform(x, generator(seed))
        results.append((y.values, y.lengths) if isinstance(y, Tokens) else (y,))
    first, again, other = results
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
    assert first[0].shape != other[0].shape or not torch.equal(first[0], other[0])
    assert all(torch.equal(a, b) for a, b in zip(values, before, strict=True))
