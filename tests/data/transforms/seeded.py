"""A transform under a seed, as `apply` runs it."""

import torch


def seeded(transform, x, seed=0):
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        return transform(x)


def check_random(transform, x):
    """One seed gives one result, another seed another; the input is not written to."""
    before = x.clone()
    first, again, other = (seeded(transform, x, seed) for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert torch.equal(x, before)
