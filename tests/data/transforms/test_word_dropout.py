import pytest
import torch

from mmfusion.data.transforms.word_dropout import WordDropout
from tests.data.transforms.seeded import check_random, seeded

WORDS = torch.arange(2, 22)


def test_dropped_words_become_unknown():
    rows = torch.stack([seeded(WordDropout(0.3), WORDS, seed) for seed in range(200)])
    changed = rows != WORDS
    assert (rows[changed] == 1).all()
    assert changed.float().mean() == pytest.approx(0.3, abs=0.03)


def test_removed_words_close_ranks():
    rows = [seeded(WordDropout(0.3, to="removed"), WORDS, seed).tolist() for seed in range(200)]
    assert all(row == sorted(set(row)) and set(row) <= set(WORDS.tolist()) for row in rows)
    assert sum(map(len, rows)) / len(rows) == pytest.approx(14, abs=0.5)


@pytest.mark.parametrize("to", ["unknown", "removed"])
@pytest.mark.parametrize("words", [WORDS, WORDS[:1]])
def test_no_row_is_emptied(to, words):
    assert (seeded(WordDropout(1.0, to=to), words) > 1).sum() == 1


def test_kept_ends():
    row = seeded(WordDropout(1.0, unknown_id=7, keep_ends=True), WORDS)
    assert (row[0], row[-1]) == (2, 21)
    assert (row == 7).sum() >= 17
    assert seeded(WordDropout(1.0, keep_ends=True), WORDS[:1]).tolist() == [2]


def test_random_by_the_seed_alone():
    check_random(WordDropout(0.5), WORDS)
