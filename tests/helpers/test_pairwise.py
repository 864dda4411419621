import itertools

import pytest

from tests.helpers.pairwise import combinations

FACTORS = {"fusion": "abcdef", "weighting": "uvwxy", "sharing": "mn", "seed": (0, 1, None), "holes": (False,)}
NEVER = [(("fusion", "b"), ("sharing", "n")), (("fusion", "b"), ("seed", 0))]


def pairs(rows):
    return {frozenset(pair) for row in rows for pair in itertools.combinations(row.items(), 2)}


@pytest.mark.parametrize("never", [[], NEVER], ids=["all", "some excluded"])
def test_every_two_options_meet_in_few_rows(never):
    product = [dict(zip(FACTORS, values, strict=True)) for values in itertools.product(*FACTORS.values())]
    rows = combinations(FACTORS, never=never)
    assert pairs(rows) == pairs(product) - {frozenset(pair) for pair in never}
    assert 30 <= len(rows) <= 36
    assert rows == combinations(FACTORS, never=never)


def test_crossed_factors_are_multiplied_out():
    crossed = ("fusion", "weighting", "seed")
    rows = combinations(FACTORS, crossed)
    assert len(rows) == 6 * 5 * 3
    assert len({tuple(row[name] for name in crossed) for row in rows}) == len(rows)
    assert pairs(rows) == pairs(combinations(FACTORS))
    assert len(combinations(FACTORS, FACTORS)) == 6 * 5 * 2 * 3


def test_every_option_once():
    rows = combinations(FACTORS, never=NEVER, strength=1)
    assert len(rows) == 6
    assert {option for row in rows for option in row.items()} == {
        (k, v) for k, values in FACTORS.items() for v in values
    }


def test_one_factor_is_each_of_its_values():
    assert combinations({"a": [1, 2]}) == [{"a": 1}, {"a": 2}]
