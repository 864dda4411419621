import pytest

from mmfusion.data.sources.digits.phonemes import SOUNDS, WORDS
from mmfusion.data.sources.digits.speech import LONGEST, RATE


def test_ten_words_and_no_two_alike():
    assert len(WORDS) == 10
    assert len({tuple(sound for sound, _ in word) for word in WORDS}) == 10


def test_every_sound_of_a_word_is_known_and_every_sound_is_used():
    assert {sound for word in WORDS for sound, _ in word} == set(SOUNDS)


@pytest.mark.parametrize("name", SOUNDS)
def test_resonances_rise_and_can_be_sampled(name):
    sound = SOUNDS[name]
    assert 0 < sound.f1 < sound.f2 < sound.f3 < RATE / 2
    assert 0 < sound.hiss_hz < RATE / 2
    assert 0 <= sound.voice <= 1
    assert 0 <= sound.hiss <= 1


def test_only_the_pause_before_a_plosive_is_silent():
    assert [name for name, sound in SOUNDS.items() if sound.voice == sound.hiss == 0] == ["hush"]


@pytest.mark.parametrize("digit", range(10))
def test_a_word_fits_into_its_recording_and_has_a_vowel(digit):
    assert 0 < sum(milliseconds for _, milliseconds in WORDS[digit]) * RATE / 1000 < LONGEST
    assert any(SOUNDS[sound].voice >= 0.9 for sound, _ in WORDS[digit])
