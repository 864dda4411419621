import pytest

from mmfusion.data.sources.digits.phonemes import SOUNDS, WORDS
from mmfusion.data.sources.digits.synthesiser import LONGEST, RATE


def test_every_sound_of_a_word_is_known_and_every_sound_is_used():
    assert {sound for word in WORDS for sound, _ in word} == set(SOUNDS)


@pytest.mark.parametrize("name", SOUNDS)
def test_resonances_rise_and_can_be_sampled(name):
    sound = SOUNDS[name]
    assert 0 < sound.f1 < sound.f2 < sound.f3 < RATE / 2
    assert 0 < sound.hiss_hz < RATE / 2
    assert 0 <= sound.voice <= 1
    assert 0 <= sound.hiss <= 1


@pytest.mark.parametrize("digit", range(10))
def test_a_word_fits_into_its_recording_and_has_a_vowel(digit):
    assert 0 < sum(milliseconds for _, milliseconds in WORDS[digit]) * RATE / 1000 < LONGEST
    assert any(SOUNDS[sound].voice >= 0.9 for sound, _ in WORDS[digit])
