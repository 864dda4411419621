from itertools import product
from statistics import median

import numpy as np
import pytest

from mmfusion.data.sources.digits.ceiling import ORDER, absence, ceiling

NONE: dict[str, float] = {}


def brute(seen: set[str]) -> dict[str, float]:
    """The same by three nested loops and no shared code."""
    groups: dict[tuple, list[tuple[int, str]]] = {}
    for digits in product(range(10), repeat=3):
        by_name = dict(zip(("image", "speech", "text"), digits, strict=True))
        winner = "image"
        for name in ("speech", "text"):
            if by_name[name] > by_name[winner]:
                winner = name
        key = tuple(by_name[name] for name in ("image", "speech", "text") if name in seen)
        groups.setdefault(key, []).append((sum(digits), winner))
    errors = squares = right = 0.0
    for rows in groups.values():
        sums, winners = [s for s, _ in rows], [w for _, w in rows]
        errors += sum(abs(s - median(sums)) for s in sums)
        squares += sum((s - sum(sums) / len(sums)) ** 2 for s in sums)
        right += max(winners.count(name) for name in ("image", "speech", "text"))
    return {"mae": errors / 1000, "mse": squares / 1000, "accuracy": right / 1000}


SUBSETS = [{"image"}, {"speech"}, {"text"}, {"image", "speech"}, {"image", "text"}, {"speech", "text"}, set(ORDER)]


@pytest.mark.parametrize("subset", SUBSETS, ids=lambda s: "+".join(sorted(s)))
def test_agrees_with_brute_force(subset):
    result, expected = ceiling(subset, NONE), brute(subset)
    assert result["sum"]["mae"] == pytest.approx(expected["mae"])
    assert result["sum"]["rmse"] == pytest.approx(expected["mse"] ** 0.5)
    assert result["sum"]["r2"] == pytest.approx(1 - expected["mse"] / (3 * 8.25))
    assert result["sum"]["pearson"] == pytest.approx(result["sum"]["r2"] ** 0.5)
    assert result["largest"]["accuracy"] == pytest.approx(expected["accuracy"])


@pytest.mark.parametrize(
    "rates", [NONE, {"image": 0.3}, {"image": 0.5, "speech": 0.2, "text": 0.9}, dict.fromkeys(ORDER, 1.0)]
)
def test_absence_is_a_distribution_over_non_empty_sets(rates):
    result = absence(rates)
    assert sum(result.values()) == pytest.approx(1)
    assert frozenset() not in result
    every = result.get(frozenset(ORDER), 0)
    assert every == pytest.approx(np.prod([1 - rates.get(name, 0) for name in ORDER]))


def test_absent_modalities_lower_the_ceiling_to_a_mean_over_what_is_left():
    result = ceiling({"image", "text"}, {"image": 0.4})
    both, text = brute({"image", "text"}), brute({"text"})
    assert result["sum"]["mae"] == pytest.approx(0.6 * both["mae"] + 0.4 * text["mae"])
    assert result["sum"]["rmse"] ** 2 == pytest.approx(0.6 * both["mse"] + 0.4 * text["mse"])
    assert result["largest"]["accuracy"] == pytest.approx(0.6 * both["accuracy"] + 0.4 * text["accuracy"])
    # Rows without the image are left out where the image alone is looked at.
    assert ceiling({"image"}, {"image": 0.4}) == ceiling({"image"}, NONE)


def test_there_is_no_ceiling_for_what_no_row_has():
    assert ceiling({"image"}, {"image": 1.0}) == {}
