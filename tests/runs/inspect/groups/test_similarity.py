import numpy as np
import polars as pl
import pytest

from mmfusion.runs.inspect.columns.coded import Coded
from mmfusion.runs.inspect.groups.similarity import alike_numbers, alike_texts, comparable, contiguity, jumps, without

N = 400


@pytest.fixture
def generator() -> np.random.Generator:
    return np.random.default_rng(2)


def coded(cells) -> Coded:
    return Coded.of(pl.Series(cells))


def compared(cells) -> np.ndarray:
    x = comparable(coded(cells))
    assert x is not None
    return x


def test_numbers_that_lie_near_each_other_in_a_group(generator):
    group = generator.integers(0, 50, N)
    names = coded([f"g{i}" for i in group])
    share, surprise = alike_numbers(names, compared(generator.normal(size=50)[group] + generator.normal(size=N)))
    assert 0.3 < share < 0.7
    assert surprise > 5
    share, surprise = alike_numbers(names, compared(generator.normal(size=N)))
    assert share < 0.15
    assert abs(surprise) < 3
    share, surprise = alike_numbers(names, compared(generator.integers(0, 2, 50)[group].astype(str)))
    assert (share, surprise) == (pytest.approx(1), 20)


def test_a_surprise_is_a_z_score_whatever_the_sizes_of_groups(generator):
    """Also of few rows in many groups, where a normal approximation calls one table in a hundred surprising."""
    surprises = []
    for _ in range(300):
        group = coded([f"g{i}" for i in generator.choice(32, 50, p=generator.dirichlet(np.full(32, 2.0)))])
        surprises.append(alike_numbers(group, compared(generator.normal(size=50)))[1])
    assert abs(np.mean(surprises)) < 0.25
    assert 0.8 < np.std(surprises) < 1.25
    assert max(surprises) < 4


def test_what_rises_with_a_measurement_is_not_alike_within_it(generator):
    age = generator.integers(20, 80, N)
    share, surprise = alike_numbers(coded(age), compared(age + 3 * generator.normal(size=N)))
    assert share < 0.2
    assert surprise < 3


def test_what_drifts_does_not_jump_where_a_new_value_begins(generator):
    place = np.arange(N) // 8
    names = coded([f"g{i}" for i in place])
    drift, own = np.cumsum(generator.normal(size=N)), generator.normal(size=N // 8)[place] + generator.normal(size=N)
    assert alike_numbers(names, compared(drift))[1] > 5
    assert jumps(names, compared(drift)) < 2
    assert jumps(names, compared(own)) > 4
    assert jumps(coded(["a"] * N), compared(own)) == 0


def test_what_a_target_explains_is_taken_off(generator):
    label = generator.integers(0, 20, N)
    code = coded([f"g{i}{k}" for i, k in zip(label, generator.integers(0, 3, N), strict=True)])
    x = compared(generator.normal(size=20)[label] + 0.3 * generator.normal(size=N))
    assert alike_numbers(code, x)[1] > 10
    assert alike_numbers(code, without(x, coded([f"t{i}" for i in label])))[1] < 3
    number = generator.normal(size=N)
    assert np.var(without(compared(number + 0.1 * generator.normal(size=N)), coded(number))) < 0.1
    assert without(x, coded([f"t{i}" for i in range(N)])) is x, "a class of its own for each row explains nothing"


def test_nothing_to_compare():
    for rare in (
        ["yes" if i in (3, 43, 83) else "no" for i in range(N)],
        [i if i in (3, 43, 83) else 0 for i in range(N)],
        ["same"] * N,
        [f"v{i % 60}" for i in range(N)],
    ):
        assert comparable(coded(rare)) is None  # of the first two, the few that differ met in one group by chance
    assert alike_numbers(coded(list(map(str, range(N)))), compared([1.5, 2.5, 3] * (N // 3) + [1])) is None


def test_rows_of_one_value_that_stand_together():
    assert contiguity(np.repeat(np.arange(5), 4)) == 1
    assert contiguity(np.tile(np.arange(5), 4)) == 0


def test_texts_that_drift_share_no_more_words_within_a_value_than_with_the_next():
    place, words = np.arange(N) // 8, [f"w{chr(97 + i // 26)}{chr(97 + i % 26)}" for i in range(N + 40)]
    drifting = pl.Series([" ".join(words[i : i + 40 : 4]) for i in range(N)])
    assert alike_texts("note", drifting, place, None) == []
    own = pl.Series([" ".join(words[8 * i + k : 8 * i + 12 : 2]) for i, k in zip(place, np.arange(N) % 2, strict=True)])
    assert alike_texts("note", own, place, None) != []


@pytest.mark.parametrize("chinese", [False, True])
def test_texts_of_one_group_share_their_words(generator, chinese):
    group = generator.integers(0, 40, N)
    letters = [chr(0x4E00 + i) if chinese else f"w{chr(97 + i // 10)}{chr(97 + i % 10)}" for i in range(60)]
    own = [generator.choice(letters, 8 if chinese else 14) for _ in range(40)]
    join = "".join if chinese else " ".join
    texts = pl.Series([join(generator.choice(own[i], 12 if chinese else 7)) for i in group])
    assert alike_texts("note", texts, group, None) == [(3.0, "`note` shares its words in rows of one value")]
    assert alike_texts("note", texts, generator.permutation(group), None) == []
    copies = pl.Series([join(own[i]) for i in group])
    assert alike_texts("note", copies, group, None) == [(3.0, "`note` is nearly the same in rows of one value")]


def test_texts_that_share_the_words_of_their_label_are_not_alike_for_that(generator):
    label = generator.integers(0, 2, N)
    group = 20 * label + generator.integers(0, 20, N)  # each group has one label
    words = [list("abcdefgh"), list("stuvwxyz")]
    texts = pl.Series([" ".join(generator.choice([2 * w for w in words[i]], 8)) for i in label])
    assert alike_texts("note", texts, group, None) != []
    assert alike_texts("note", texts, group, label) == []


def test_too_few_texts():
    assert alike_texts("note", pl.Series([None] * N, dtype=pl.String), np.arange(N) // 4, None) == []
