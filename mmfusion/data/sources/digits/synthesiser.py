"""Spoken digits from a formant synthesiser: a voice's pulses and noise through resonances that move with the sounds.

After Klatt's cascade synthesiser (J. Acoust. Soc. Am. 67, 1980), much reduced, for all rows at once.

Shapes: N rows, T samples, F frames of 5 ms, K resonators, P parameters of a sound.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mmfusion.data.sources.digits.phonemes import SOUNDS, WORDS

RATE = 8000
LONGEST = 4800  # samples: 0.6 s
FRAME = 40  # samples: 5 ms
CHUNK = 500  # rows synthesised together; bounds memory
VOICES = {"train": 60, "val": 12, "test": 24}
_LEVEL = 0.1  # root mean square of a word at loudness 1, of full scale 1
_REST = np.array([500.0, 1450.0, 2450.0, 3350.0])  # resonances of the mouth at rest, in Hz
_BANDWIDTHS = (70.0, 100.0, 180.0, 350.0)


@dataclass(frozen=True)
class Voices:
    """People, each with a body: `[V]` of each number, of `tract` `[V, 4]`."""

    pitch: np.ndarray  # of the vocal folds, in Hz
    tract: np.ndarray  # factors of the resonances
    bandwidth: np.ndarray  # factor of the resonances' bandwidths
    open: np.ndarray  # share of a cycle in which the vocal folds are open
    breath: np.ndarray  # noise mixed into the voice
    pace: np.ndarray  # words are shorter by this factor


def voices(split: str) -> Voices:
    """The people of one split; no two splits share one, and they are the same for every seed of the data."""
    total = sum(VOICES.values())
    first = sum(list(VOICES.values())[: list(VOICES).index(split)])
    rng = np.random.Generator(np.random.PCG64(20))
    # Small people have short vocal tracts (high resonances) and mostly high voices.
    size = rng.uniform(-1, 1, total)
    everyone = Voices(
        pitch=150 * np.exp(0.42 * size + rng.uniform(-0.15, 0.15, total)),
        tract=np.exp(0.1 * size[:, None] + rng.uniform(-0.035, 0.035, (total, 4))),
        bandwidth=rng.uniform(0.8, 1.3, total),
        open=rng.uniform(0.5, 0.75, total),
        breath=rng.uniform(0.01, 0.08, total),
        pace=rng.uniform(0.92, 1.1, total),
    )
    chosen = rng.permutation(total)[first : first + VOICES[split]]
    return Voices(**{name: values[chosen] for name, values in vars(everyone).items()})


def speak(digits: np.ndarray, split: str, rng: np.random.Generator, noise: float = 0.0) -> list[np.ndarray]:
    """Waveforms int16 `[S]`, S ≤ 4800 at 8 kHz, of the digits `[N]`, each said once by one of the split's people.

    `noise` is the standard deviation of white noise, relative to the word's own root mean square.
    """
    people = voices(split)
    rows: list[np.ndarray] = []
    for start in range(0, len(digits), CHUNK):
        rows += _speak(digits[start : start + CHUNK], people, rng, noise)
    return rows


def _speak(digits: np.ndarray, people: Voices, rng: np.random.Generator, noise: float) -> list[np.ndarray]:
    n = len(digits)
    who = rng.integers(len(people.pitch), size=n)
    onset = rng.integers(0, 800, size=n)  # silence before the word, and half as much after
    table, length = _tracks()
    spoken = length[digits] * FRAME
    # The pace must leave room for the silence, or the longest words would be cut.
    pace = np.maximum(people.pace[who] * rng.uniform(0.8, 1.25, n), spoken / (LONGEST - 1.5 * onset - FRAME))
    samples = np.ceil(onset + spoken / pace + onset / 2).astype(int)
    frames = -(-int(samples.max()) // FRAME)

    time_FN = (np.arange(frames)[:, None] * FRAME + FRAME / 2 - onset) / FRAME * pace
    # Some dwell on the beginning of a word, some on its end.
    dwell = rng.uniform(-0.4, 0.4, n)
    progress_FN = np.clip(time_FN / length[digits], 0, 1)
    time_FN += length[digits] * dwell * np.sin(2 * np.pi * progress_FN) / (2 * np.pi)
    track_FNP = _at(table, length, digits, time_FN)
    voice_FN, hiss_FN, hiss_hz_FN = (track_FNP[..., i] for i in range(3))
    tract_NK = people.tract[who] * np.exp(rng.uniform(-0.06, 0.06, (n, 4)))  # nobody says a word twice alike
    slur_N1 = rng.uniform(0, 0.25, (n, 1))  # how far every sound is drawn towards the mouth at rest
    resonance_FNK = np.concatenate([track_FNP[..., 3:], np.full((frames, n, 1), _REST[3])], axis=-1)
    resonance_FNK = (resonance_FNK + slur_N1 * (_REST - resonance_FNK)) * tract_NK

    glide = rng.uniform(-0.35, 0.1, n)  # pitch falls in most words
    pitch_FN = people.pitch[who] * rng.uniform(0.88, 1.14, n) * np.exp(glide * progress_FN)
    pulses_TN = _pulses(pitch_FN, people.open[who], rng)
    hiss_TN = rng.standard_normal(pulses_TN.shape, dtype=np.float32)
    pulses_TN += hiss_TN * people.breath[who].astype(np.float32)
    pulses_TN *= _samples(voice_FN)
    hiss_TN *= _samples(hiss_FN)
    waves_NT = _resonate(
        pulses_TN,
        hiss_TN,
        resonance_FNK,
        np.asarray(_BANDWIDTHS) * people.bandwidth[who, None],
        hiss_hz_FN * tract_NK[:, 2],
    )

    loudness = np.exp(rng.uniform(np.log(0.3), np.log(1.5), n))
    rows = []
    for i in range(n):
        wave = waves_NT[i, : samples[i]]
        wave = wave / np.sqrt(wave @ wave / len(wave)) + noise * rng.standard_normal(len(wave), dtype=np.float32)
        rows.append(np.clip(np.rint(wave * (loudness[i] * _LEVEL * 32767)), -32768, 32767).astype(np.int16))
    return rows


def _tracks() -> tuple[np.ndarray, np.ndarray]:
    """Each word's targets frame by frame, `[10, F, P]`, smoothed as the mouth moves, and its length in frames."""
    step = 1000 * FRAME / RATE
    tracks = []
    for word in WORDS:
        sounds = [np.tile(SOUNDS[name], (round(ms / step), 1)) for name, ms in word]
        track = np.concatenate(sounds)
        # Resonances glide over 45 ms, strengths over 15 ms; both start and end in silence.
        strength = np.pad(track[:, :2], ((1, 1), (0, 0)))
        kernel = np.ones(3) / 3
        strength = np.stack([np.convolve(strength[:, i], kernel, "same") for i in range(2)], 1)[1:-1]
        padded = np.pad(track[:, 2:], ((4, 4), (0, 0)), mode="edge")
        glide = np.stack([np.convolve(padded[:, i], np.ones(9) / 9, "valid") for i in range(padded.shape[1])], 1)
        tracks.append(np.concatenate([strength, glide], 1))
    length = np.array([len(track) for track in tracks])
    table = np.stack([np.pad(track, ((0, length.max() - len(track)), (0, 0)), mode="edge") for track in tracks])
    return table, length


def _at(table: np.ndarray, length: np.ndarray, digits: np.ndarray, time_FN: np.ndarray) -> np.ndarray:
    """Targets at fractional frames, `[F, N, P]`; silent before and after the word."""
    last = length[digits] - 1
    place = np.clip(time_FN, 0, last)
    low = np.floor(place).astype(int)
    share = (place - low)[..., None]
    targets = (1 - share) * table[digits, low] + share * table[digits, np.minimum(low + 1, last)]
    # Strengths fade over two frames beyond the ends.
    outside = np.maximum(-time_FN, time_FN - last)
    targets[..., :2] *= np.clip(1 - outside / 2, 0, 1)[..., None]
    return targets


def _samples(values_FN: np.ndarray) -> np.ndarray:
    """Frames to samples, float32 `[T, N]`, by a straight line from each frame's value to the next one's."""
    values_FN = values_FN.astype(np.float32)
    rise_FN = np.diff(values_FN, axis=0, append=values_FN[-1:])
    ramp = (np.arange(FRAME, dtype=np.float32) / FRAME)[:, None]
    return (values_FN[:, None] + ramp * rise_FN[:, None]).reshape(-1, values_FN.shape[1])


def _pulses(pitch_FN: np.ndarray, open_N: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Flow through the vocal folds, differentiated, `[T, N]`: it swells while they are open and stops at once."""
    step_FN = pitch_FN * (FRAME / RATE)  # cycles a frame
    start_FN = np.cumsum(step_FN, axis=0) - step_FN + rng.uniform(size=pitch_FN.shape[1])
    start_FN, step_FN = (start_FN % 1).astype(np.float32), step_FN.astype(np.float32)
    ramp = (np.arange(FRAME, dtype=np.float32) / FRAME)[:, None]
    phase_TN = (start_FN[:, None] + ramp * step_FN[:, None]).reshape(-1, pitch_FN.shape[1])
    phase_TN -= np.floor(phase_TN)
    phase_TN /= open_N.astype(np.float32)
    phase_TN[phase_TN >= 1] = 0  # closed
    return phase_TN * (2 - 3 * phase_TN)


def _resonate(
    source_TN: np.ndarray, hiss_TN: np.ndarray, resonance_FNK: np.ndarray, width_NK: np.ndarray, hiss_hz_FN: np.ndarray
) -> np.ndarray:
    """Voice through four resonators in a row, hiss through a broad one of its own; their sum `[N, T]`.

    A resonator is `y_t = A x_t + B y_{t−1} + C y_{t−2}`. All five run side by side: each passes its output on one
    sample late, which only delays the sound.
    """
    total, n = source_TN.shape
    out_TN = np.empty((total, n), dtype=np.float32)
    x, now, before, part = (np.zeros((5, n)) for _ in range(4))
    widths = np.concatenate([width_NK.T, np.full((1, n), 900.0)])
    c = -np.exp(-2 * np.pi * widths / RATE)
    decay = 2 * np.exp(-np.pi * widths / RATE)
    for frame in range(len(resonance_FNK)):
        hertz = np.concatenate([resonance_FNK[frame].T, hiss_hz_FN[frame][None]])
        b = decay * np.cos(2 * np.pi * np.minimum(hertz, 0.44 * RATE) / RATE)
        a = 1 - b - c
        a[4] = 0.3  # hiss: the same strength wherever it lies
        for t in range(frame * FRAME, (frame + 1) * FRAME):
            x[0], x[1:4], x[4] = source_TN[t], now[:3], hiss_TN[t]
            np.multiply(c, before, out=before)
            before += np.multiply(b, now, out=part)
            before += np.multiply(a, x, out=part)
            now, before = before, now
            np.add(now[3], now[4], out=out_TN[t])
    return np.ascontiguousarray(out_TN.T)
