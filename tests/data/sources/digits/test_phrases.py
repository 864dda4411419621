import numpy as np

from mmfusion.data.sources.digits.phrases import NUMBERS, phrase


def test_every_phrase_names_its_number_and_no_other():
    digits = np.arange(10).repeat(200)
    phrases = phrase(digits, np.random.default_rng(0))
    assert len(set(phrases)) > 500
    for digit, text in zip(digits, phrases, strict=True):
        padded = f" {text} "
        # A longer name hides a shorter one: "a single one" also says "one".
        named = {d for d, names in enumerate(NUMBERS) if any(f" {name} " in padded for name in names)}
        assert named == {digit}, text


def test_the_seed_decides():
    digits = np.arange(10)
    first, again, other = (phrase(digits, np.random.default_rng(seed)) for seed in (0, 0, 1))
    assert first == again != other
