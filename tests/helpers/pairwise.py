"""Combinations of options in which every two options meet, in place of all combinations.

@pairwise(fusion=["concat", "gated"], loss_weighting=["equal", "dwa"], holes=[False, True])
def test_trains(fusion, loss_weighting, holes): ...

`pytest --full` (`make test-all`) runs the full product.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence

import pytest

Option = tuple[str, Hashable]
Factors = Mapping[str, Sequence[Hashable]]

full = False
"""Whether `--full` is set; tests/conftest.py does so before a test is collected."""


def pairwise(
    crossed: Collection[str] = (), never: Collection[tuple[Option, Option]] = (), **factors: Sequence[Hashable]
) -> pytest.MarkDecorator:
    """Parametrise a test.

    Args:
        crossed: arguments of which `--full` runs every combination; all, if none is named.
        never: options that exclude each other, such as `(("fusion", "decision"), ("modality", "placeholders"))`.
        factors: argument to its values.
    """
    rows = combinations(factors, crossed or factors if full else (), never)
    return pytest.mark.parametrize(tuple(factors), [tuple(row.values()) for row in rows])


def combinations(
    factors: Factors, crossed: Collection[str] = (), never: Collection[tuple[Option, Option]] = ()
) -> Iterator[dict[str, Hashable]]:
    """Rows with every option, every two options, and every combination of the `crossed` factors, in a fixed order.

    Greedy: a row begins with what is still missing, and takes of each other factor the value that adds most.
    """
    options = {name: [(name, value) for value in values] for name, values in factors.items()}
    used: Counter[Option] = Counter()
    excluded = [frozenset(pair) for pair in never]
    groups = [
        *itertools.product(*(options[name] for name in crossed)),
        *(pair for two in itertools.combinations(options.values(), 2) for pair in itertools.product(*two)),
        *((option,) for values in options.values() for option in values),
    ]
    missing = dict.fromkeys(frozenset(group) for group in groups if not any(pair <= set(group) for pair in excluded))

    def gain(option: Option, row: Collection[Option]) -> tuple[int, int]:
        return sum(frozenset((option, other)) in missing for other in row), -used[option]

    while missing:
        row = dict(next(iter(missing)))
        for name in (name for name in factors if name not in row):
            allowed = [o for o in options[name] if not any(frozenset((o, other)) in excluded for other in row.items())]
            row[name] = max(allowed, key=lambda option: gain(option, row.items()))[1]
        chosen = [(name, row[name]) for name in factors]
        used.update(chosen)
        for size in (1, 2, len(crossed)):
            for group in itertools.combinations(chosen, size):
                missing.pop(frozenset(group), None)
        yield dict(chosen)
