import numpy as np
import polars as pl
import pytest

from mmfusion.data.inspect.alike import alike_numbers, alike_texts
from mmfusion.data.inspect.leaks import Looked

N = 400


@pytest.fixture
def generator() -> np.random.Generator:
    return np.random.default_rng(2)


def looked(cells) -> Looked:
    return Looked.at(pl.Series(cells))


def test_numbers_that_lie_near_each_other_in_a_group(generator):
    group = generator.integers(0, 50, N)
    names = looked([f"g{i}" for i in group])
    share, errors = alike_numbers(names, looked(generator.normal(size=50)[group] + generator.normal(size=N)))
    assert 0.3 < share < 0.7
    assert errors > 4
    share, errors = alike_numbers(names, looked(generator.normal(size=N)))
    assert abs(share) < 0.15
    assert abs(errors) < 3
    assert alike_numbers(names, looked(generator.integers(0, 2, 50)[group].astype(str)))[0] == pytest.approx(1)


def test_what_rises_with_a_measurement_is_not_alike_within_it(generator):
    age = generator.integers(20, 80, N)
    share, errors = alike_numbers(looked(age), looked(age + 3 * generator.normal(size=N)))
    assert share < 0.2
    assert errors < 3


def test_nothing_to_compare():
    names = looked([f"g{i % 40}" for i in range(N)])
    for rare in (
        ["yes" if i in (3, 43, 83) else "no" for i in range(N)],
        [i if i in (3, 43, 83) else 0 for i in range(N)],
    ):
        assert alike_numbers(names, looked(rare)) is None  # the few that differ met in one group by chance
    assert alike_numbers(names, looked(["same"] * N)) is None
    assert alike_numbers(names, looked([f"v{i % 60}" for i in range(N)])) is None
    assert alike_numbers(looked(list(map(str, range(N)))), looked([1.5, 2.5] * (N // 2))) is None


@pytest.mark.parametrize("chinese", [False, True])
def test_texts_of_one_group_share_their_words(generator, chinese):
    group = generator.integers(0, 40, N)
    letters = (
        [chr(0x4E00 + i) for i in range(60)]
        if chinese
        else [f"w{chr(97 + i // 10)}{chr(97 + i % 10)}" for i in range(60)]
    )
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
