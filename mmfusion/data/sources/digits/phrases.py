"""Phrases that name a number in words.

Shapes: N rows.
"""

from __future__ import annotations

import numpy as np

NUMBERS = (
    ("zero", "nought", "nil"),
    ("one", "a single one"),
    ("two", "a pair", "a couple"),
    ("three", "a trio"),
    ("four",),
    ("five",),
    ("six", "half a dozen"),
    ("seven",),
    ("eight",),
    ("nine",),
)

TEMPLATES = (
    "{n}",
    "{n} please",
    "just {n}",
    "it is {n}",
    "make it {n}",
    "that makes {n}",
    "i said {n}",
    "{n} i think",
    "{n} if i counted right",
    "the answer is {n}",
    "the number was {n}",
    "my lucky number is {n}",
    "put me down for {n}",
    "{who} asked for {n}",
    "{who} has {n} of them",
    "{who} wrote down {n}",
    "{who} counted {n} {things}",
    "{who} found {n} {things} in the {place}",
    "there are {n} {things} in the {place}",
    "i can see {n} {things}",
    "we need {n} more {things}",
    "could you bring {n} {things} to the {place}",
    "{n} {things} were left in the {place}",
    "as for {things} there were {n}",
    "how many {things} well {n}",
    "not many {things} only {n}",
    "they sold {n} {things} today",
    "take {n} {things} and go to the {place}",
)

FILLERS = {
    "who": ("anna", "ben", "carla", "david", "emma", "farid", "grace", "hugo", "my sister", "the teacher"),
    "things": ("apples", "books", "birds", "chairs", "coins", "letters", "pencils", "tickets", "stones", "keys"),
    "place": ("garden", "kitchen", "library", "market", "office", "station", "box", "drawer", "hall", "shop"),
}


def phrase(digits: np.ndarray, rng: np.random.Generator) -> list[str]:
    """A phrase for each of the digits `[N]`, its wording drawn by `rng`."""
    n = len(digits)
    template = rng.integers(len(TEMPLATES), size=n)
    word = rng.uniform(size=n)
    picks = {name: rng.integers(len(words), size=n) for name, words in FILLERS.items()}
    return [
        TEMPLATES[template[i]].format(
            n=NUMBERS[digit][int(word[i] * len(NUMBERS[digit]))],
            **{name: FILLERS[name][picks[name][i]] for name in FILLERS},
        )
        for i, digit in enumerate(digits.tolist())
    ]
