import pytest
import torch

from mmfusion.batch import Tokens
from mmfusion.data.transforms.gaussian_noise import GaussianNoise
from mmfusion.data.transforms.random_gain import RandomGain
from mmfusion.data.transforms.random_shift import RandomShift
from mmfusion.data.transforms.word_dropout import WordDropout


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def waves():
    lengths = torch.tensor([100, 50, 0, 100] * 50)
    tokens = Tokens(torch.ones(200, 100), lengths)
    return Tokens(tokens.values * tokens.mask(), lengths)


def words(length=20, batch=300):
    lengths = torch.full((batch,), length)
    lengths[::3] = 1
    lengths[1::7] = 0
    tokens = Tokens(torch.arange(2, 2 + length).repeat(batch, 1), lengths)
    return Tokens(tokens.values * tokens.mask(), lengths)


@pytest.mark.parametrize("x", [torch.zeros(50, 3, 8, 8), torch.zeros(50, 200)])
def test_noise_has_its_deviation(x):
    noise = GaussianNoise(1.5)(x, generator())
    assert noise.std() == pytest.approx(1.5, rel=0.03)
    assert noise.mean() == pytest.approx(0.0, abs=0.05)


def test_noise_on_tokens_keeps_lengths():
    x = waves()
    noisy = GaussianNoise(0.1)(x, generator())
    assert torch.equal(noisy.lengths, x.lengths)
    assert not torch.equal(noisy.values, x.values)


def test_noise_on_words_makes_no_sense():
    with pytest.raises(ValueError, match="noise makes no sense on token ids"):
        GaussianNoise(1.0)(words(), generator())


def test_gain_is_one_number_a_row_within_its_range():
    x = waves()
    gains = RandomGain(-6.0, 6.0)(x, generator()).values[x.lengths > 0]
    assert all(len(row[row > 0].unique()) == 1 for row in gains)
    decibels = 20 * gains.amax(1).log10()
    assert -6 <= decibels.min() < -5
    assert 5 < decibels.max() <= 6


def test_shift_moves_each_row_within_its_own_length():
    lengths = torch.tensor([10, 4] * 100)
    tokens = Tokens(torch.arange(1.0, 11).repeat(200, 1), lengths)
    tokens = Tokens(tokens.values * tokens.mask(), lengths)
    shifted = RandomShift(0.25)(tokens, generator())
    seen = {10: set(), 4: set()}
    for row, original, length in zip(shifted.values, tokens.values, lengths.tolist(), strict=True):
        assert (row[length:] == 0).all()
        found = [
            k
            for k in range(-length, length + 1)
            if torch.equal(row[max(0, k) : length + min(0, k)], original[max(0, -k) : length - max(0, k)])
            and (row[: max(0, k)] == 0).all()
            and (row[length + min(0, k) : length] == 0).all()
        ]
        seen[length].add(found[0])
    assert seen == {10: {-2, -1, 0, 1, 2}, 4: {-1, 0, 1}}


def test_dropped_words_become_unknown():
    x = words()
    dropped = WordDropout(0.3)(x, generator())
    changed = dropped.values != x.values
    assert (dropped.values[changed] == 1).all()
    assert torch.equal(dropped.lengths, x.lengths)
    long = x.lengths == 20
    assert changed[long].float().mean() == pytest.approx(0.3, abs=0.03)


def test_removed_words_close_ranks():
    x = words()
    removed = WordDropout(0.3, to="removed")(x, generator())
    for row, length in zip(removed.values, removed.lengths.tolist(), strict=True):
        kept = row[:length].tolist()
        assert kept == sorted(set(kept))
        assert all(word >= 2 for word in kept)
    long = x.lengths == 20
    assert removed.lengths[long].float().mean() == pytest.approx(14, abs=0.5)


@pytest.mark.parametrize("to", ["unknown", "removed"])
def test_no_row_is_emptied(to):
    x = words()
    dropped = WordDropout(1.0, to=to)(x, generator())
    real = (dropped.values > 1) & dropped.mask()
    assert torch.equal(real.sum(1), (x.lengths > 0).long())


def test_kept_ends():
    x = words()
    dropped = WordDropout(1.0, unknown_id=7, keep_ends=True)(x, generator())
    long = x.lengths == 20
    assert (dropped.values[long][:, 0] == 2).all()
    assert (dropped.values[long][:, -1] == 21).all()
    assert ((dropped.values[long] == 7).sum(1) >= 17).all()


@pytest.mark.parametrize(
    ("transform", "x"),
    [
        (GaussianNoise(1.0), waves()),
        (RandomGain(), waves()),
        (RandomShift(0.3), waves()),
        (WordDropout(0.5), words()),
        (WordDropout(0.5, to="removed"), words()),
    ],
)
def test_same_generator_same_result_and_input_untouched(transform, x):
    before = x.values.clone(), x.lengths.clone()
    first, again, other = (transform(x, generator(seed)) for seed in (1, 1, 2))
    assert torch.equal(first.values, again.values)
    assert torch.equal(first.lengths, again.lengths)
    assert first.values.shape != other.values.shape or not torch.equal(first.values, other.values)
    assert torch.equal(x.values, before[0])
    assert torch.equal(x.lengths, before[1])


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: GaussianNoise(-1), "std must be at least 0"),
        (lambda: RandomGain(1, -1), "low must not exceed high"),
        (lambda: RandomShift(1.0), "fraction must lie in"),
        (lambda: WordDropout(2), "rate must lie in"),
        (lambda: WordDropout(0.1, to="nothing"), "to must be unknown or removed"),
        (lambda: RandomGain()(torch.zeros(1, 2), generator()), "expected waveforms"),
        (lambda: RandomShift()(words(), generator()), "expected waveforms"),
        (lambda: WordDropout(0.1)(waves(), generator()), "expected token ids"),
    ],
)
def test_what_is_refused(build, message):
    with pytest.raises(ValueError, match=message):
        build()
