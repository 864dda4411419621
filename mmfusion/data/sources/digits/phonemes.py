"""How the ten digits sound: each word as a chain of sounds, each sound as targets for a formant synthesiser.

The numbers are typical values for an adult speaker of English, rounded; voices scale them.
"""

from __future__ import annotations

from typing import NamedTuple


class Phoneme(NamedTuple):
    """Targets of one sound."""

    voice: float  # strength of the vocal folds, 0…1
    hiss: float  # strength of the noise made in the mouth, 0…1
    hiss_hz: float  # where that noise is strongest
    f1: float  # resonances of the vocal tract, in Hz
    f2: float
    f3: float


SOUNDS = {
    "ee": Phoneme(1.0, 0.0, 3000, 280, 2200, 2800),
    "i": Phoneme(1.0, 0.0, 3000, 400, 1950, 2550),
    "e": Phoneme(1.0, 0.0, 3000, 540, 1800, 2500),
    "a": Phoneme(1.0, 0.0, 3000, 740, 1150, 2450),
    "u": Phoneme(1.0, 0.0, 3000, 630, 1200, 2400),
    "o": Phoneme(1.0, 0.0, 3000, 560, 860, 2400),
    "oo": Phoneme(0.9, 0.0, 3000, 310, 900, 2250),
    "schwa": Phoneme(0.8, 0.0, 3000, 500, 1450, 2450),
    "w": Phoneme(0.6, 0.0, 3000, 300, 620, 2150),
    "r": Phoneme(0.7, 0.0, 3000, 330, 1080, 1450),
    "n": Phoneme(0.45, 0.0, 3000, 250, 1600, 2500),
    "v": Phoneme(0.35, 0.12, 2600, 280, 1100, 2200),
    "z": Phoneme(0.25, 0.5, 3600, 290, 1700, 2500),
    "s": Phoneme(0.0, 0.7, 3650, 320, 1750, 2550),
    "f": Phoneme(0.0, 0.22, 2500, 340, 1100, 2200),
    "th": Phoneme(0.0, 0.2, 3100, 320, 1350, 2500),
    "hush": Phoneme(0.0, 0.0, 3300, 350, 1700, 2550),
    "t": Phoneme(0.0, 0.8, 3400, 350, 1750, 2600),
    "k": Phoneme(0.0, 0.6, 2000, 350, 1950, 2400),
}

# Word → (sound, milliseconds) at an even pace.
WORDS: tuple[tuple[tuple[str, int], ...], ...] = (
    (("z", 75), ("i", 90), ("r", 60), ("o", 90), ("oo", 65)),
    (("w", 85), ("u", 130), ("n", 95)),
    (("hush", 10), ("t", 40), ("oo", 80), ("oo", 130)),
    (("th", 85), ("r", 75), ("ee", 170)),
    (("f", 85), ("o", 160), ("r", 100)),
    (("f", 85), ("a", 120), ("i", 80), ("v", 70)),
    (("s", 90), ("i", 85), ("hush", 45), ("k", 20), ("s", 100)),
    (("s", 85), ("e", 95), ("v", 50), ("schwa", 60), ("n", 75)),
    (("e", 90), ("ee", 100), ("hush", 55), ("t", 40)),
    (("n", 80), ("a", 110), ("ee", 75), ("n", 85)),
)
