import pytest
import torch

from mmfusion.data.transforms.word_dropout import WordDropout
from tests.data.transforms.cases import check_random, generator, waves, words


def test_dropped_words_become_unknown():
    x = words()
    dropped = WordDropout(0.3)(x, generator())
    changed = dropped.values != x.values
    assert (dropped.values[changed] == 1).all()
    assert torch.equal(dropped.lengths, x.lengths)
    assert changed[x.lengths == 20].float().mean() == pytest.approx(0.3, abs=0.03)


def test_removed_words_close_ranks():
    x = words()
    removed = WordDropout(0.3, to="removed")(x, generator())
    for row, length in zip(removed.values, removed.lengths.tolist(), strict=True):
        kept = row[:length].tolist()
        assert kept == sorted(set(kept))
        assert all(word >= 2 for word in kept)
    assert removed.lengths[x.lengths == 20].float().mean() == pytest.approx(14, abs=0.5)


@pytest.mark.parametrize("to", ["unknown", "removed"])
def test_no_row_is_emptied(to):
    x = words()
    dropped = WordDropout(1.0, to=to)(x, generator())
    real = (dropped.values > 1) & dropped.mask()
    assert torch.equal(real.sum(1), (x.lengths > 0).long())


def test_kept_ends():
    x = words()
    dropped = WordDropout(1.0, unknown_id=7, keep_ends=True)(x, generator())
    long = dropped.values[x.lengths == 20]
    assert (long[:, 0] == 2).all()
    assert (long[:, -1] == 21).all()
    assert ((long == 7).sum(1) >= 17).all()


@pytest.mark.parametrize("to", ["unknown", "removed"])
def test_random_by_its_generator_alone(to):
    check_random(WordDropout(0.5, to=to), words())


def test_what_is_refused():
    with pytest.raises(ValueError, match="expected token ids"):
        WordDropout(0.1)(waves(), generator())
    with pytest.raises(ValueError, match="rate must lie in 0…1, found 2"):
        WordDropout(2)
    with pytest.raises(ValueError, match="to must be unknown or removed, found 'nothing'"):
        WordDropout(0.1, to="nothing")
