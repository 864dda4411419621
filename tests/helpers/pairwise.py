"""Combinations of options in which every two options meet, in place of all combinations.

@pairwise(fusion=["concat", "gated"], loss_weighting=["equal", "dwa"], holes=[False, True])
def test_trains(fusion, loss_weighting, holes): ...

`pytest --full` (`make test-all`) runs the full product.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Collection, Hashable, Mapping, Sequence

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
    factors: Factors,
    crossed: Collection[str] = (),
    never: Collection[tuple[Option, Option]] = (),
    strength: int = 2,
) -> list[dict[str, Hashable]]:
    """Rows with every two options (or every `strength` of them) and every combination of the `crossed` factors.

    Greedy, and the same each time: a row begins with options that have not met, and takes of every other factor the
    value that adds most.
    """
    options = {name: [(name, value) for value in values] for name, values in factors.items()}
    excluded = [frozenset(pair) for pair in never]
    strength = min(strength, len(factors))
    groups = [crossed, *itertools.combinations(factors, strength)]
    products = (frozenset(group) for names in groups for group in itertools.product(*(options[name] for name in names)))
    missing = dict.fromkeys(group for group in products if not any(pair <= group for pair in excluded))
    used: Counter[Option] = Counter()
    rows = []

    def gain(option: Option, row: Collection[Option]) -> tuple[int, int]:
        return sum(frozenset((option, other)) in missing for other in row), -used[option]

    while missing:
        row = dict(next(iter(missing)))
        for name in (name for name in factors if name not in row):
            allowed = [o for o in options[name] if not any(frozenset((o, other)) in excluded for other in row.items())]
            row[name] = max(allowed, key=lambda option: gain(option, row.items()))[1]
        chosen = [(name, row[name]) for name in factors]
        used.update(chosen)
        for size in (strength, len(crossed)):
            for group in itertools.combinations(chosen, size):
                missing.pop(frozenset(group), None)
        rows.append(dict(chosen))
    return rows
