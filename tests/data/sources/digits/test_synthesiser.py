import numpy as np
import pytest

from mmfusion.data.sources.digits.synthesiser import LONGEST, RATE, VOICES, speak, voices


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def spectrum(wave: np.ndarray) -> np.ndarray:
    """Log energies in 10 spans of time × 8 bands; the word's place and level taken out."""
    frames = np.lib.stride_tricks.sliding_window_view(wave.astype(float), 256)[::80] * np.hanning(256)
    power = np.abs(np.fft.rfft(frames)[:, 1:129]) ** 2
    bands = np.add.reduceat(power, [0, 4, 8, 14, 22, 34, 52, 84], axis=1)
    loud = np.flatnonzero(bands.sum(1) > 0.02 * bands.sum(1).max())
    spans = np.array_split(bands[loud[0] : loud[-1] + 1], 10)
    cells = np.log(np.stack([span.mean(0) if len(span) else bands[loud[0]] for span in spans]) + 1)
    return (cells - cells.mean()).ravel()


def test_waveforms_are_short_and_loud_enough_and_never_clipped_hard():
    waves = speak(np.arange(10).repeat(20), "train", rng(), noise=0.5)
    assert RATE == 8000
    for wave in waves:
        assert wave.dtype == np.int16
        assert 0.15 * RATE < len(wave) <= LONGEST == 0.6 * RATE
        assert np.abs(wave).max() > 1000
        assert (np.abs(wave) == 32767).mean() < 0.001


def test_pitch_pace_and_loudness_vary():
    waves = speak(np.full(60, 1), "train", rng())
    assert max(map(len, waves)) > 1.4 * min(map(len, waves))
    levels = [np.sqrt(np.mean(wave.astype(float) ** 2)) for wave in waves]
    assert max(levels) > 3 * min(levels)
    pitches = [pitch(wave) for wave in waves]
    assert max(pitches) > 1.8 * min(pitches)
    assert 60 < min(pitches) < max(pitches) < 400


def pitch(wave: np.ndarray) -> float:
    """From the peak of the autocorrelation of the word's middle, 70 to 350 Hz."""
    middle = wave[len(wave) // 3 : 2 * len(wave) // 3].astype(float)
    correlation = np.correlate(middle, middle, "full")[len(middle) - 1 :]
    return RATE / (np.argmax(correlation[RATE // 350 : RATE // 70]) + RATE // 350)


def test_the_same_seed_says_the_same_and_noise_comes_on_top():
    digits = np.arange(10)
    again = [speak(digits, "test", rng(3)) for _ in range(2)]
    assert all(np.array_equal(a, b) for a, b in zip(*again, strict=True))
    assert any(len(a) != len(b) for a, b in zip(again[0], speak(digits, "test", rng(4)), strict=True))
    for clean, noisy in zip(again[0], speak(digits, "test", rng(3), noise=0.5), strict=True):
        level = np.sqrt(np.mean(clean.astype(float) ** 2))
        assert np.std(noisy.astype(float) - clean) == pytest.approx(0.5 * level, rel=0.1)


def test_no_voice_is_in_two_splits_and_every_seed_has_the_same_people():
    people = {split: voices(split) for split in VOICES}
    pitches = np.concatenate([p.pitch for p in people.values()])
    assert len(set(pitches)) == len(pitches) == sum(VOICES.values())
    assert np.array_equal(voices("val").tract, people["val"].tract)


def test_digits_can_be_told_apart_by_new_voices():
    """Nearest neighbours of other people's words: far from chance, and not perfect."""
    train, test = np.arange(10).repeat(50), np.arange(10).repeat(20)
    a, b = (
        np.stack([spectrum(wave) for wave in speak(digits, split, rng(), 0.7)])
        for digits, split in ((train, "train"), (test, "test"))
    )
    nearest = train[((a**2).sum(1) - 2 * b @ a.T).argmin(1)]
    assert 0.6 < (nearest == test).mean() < 1
