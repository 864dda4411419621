"""A text's words or characters, in whatever script. Needs no torch."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Literal

import regex

How = Literal["words", "characters"]

_BY_CHARACTER = r"\p{Han}\p{Hiragana}\p{Bopomofo}\p{Yi}"
_BY_SYLLABLE = r"\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Tai_Le}\p{New_Tai_Lue}\p{Tai_Tham}\p{Javanese}\p{Balinese}"
UNSPACED = f"[{_BY_CHARACTER}{_BY_SYLLABLE}]"
"""A character of a script that leaves no blank between words; the pattern is understood by polars too."""

WORDS_OF = (r"\S+", f"[{_BY_CHARACTER}]", f"[{_BY_SYLLABLE}]")
"""Patterns of what counts towards a text's words: what stands between blanks, and characters of unspaced scripts."""

CHARACTERS_A_WORD = (1.7, 4.5)
"""How many characters of the latter make about one word: of Chinese and Japanese, of Thai and its like."""

_LETTER = rf"[\w--{UNSPACED}--\p{{Katakana}}--ー]"
_WORD = regex.compile(rf"(?V1){_LETTER}+(?:['’]{_LETTER}+)*|[\p{{Katakana}}ー]+|(?=[\w&&{UNSPACED}])\X")
_CHARACTER = regex.compile(r"(?V1)(?!\s)\X")
_LONG = 15
_LOOKED_AT = 1000


def split_text(text: str, how: How) -> list[str]:
    """The tokens of a text, composed as in Unicode's normal form C.

    Words are runs of letters, marks and digits with apostrophes between them; of scripts that leave no blank between
    words (Chinese, Japanese, Thai, Khmer, …) each character is one, but a run of Katakana is one word (as in UAX #29).
    Characters are what a reader takes for one (grapheme clusters, UAX #29), blanks left out.

    Example:
        >>> split_text("It's 我的 iPhone!", "words")
        ["It's", '我', '的', 'iPhone']
        >>> split_text("C1=N", "characters")
        ['C', '1', '=', 'N']
    """
    return (_WORD if how == "words" else _CHARACTER).findall(unicodedata.normalize("NFC", text))


def best_split(texts: Iterable[str]) -> How:
    """Characters for texts that are strings of signs (a molecule, a protein): long, without a blank, of many lengths or
    of letters of one case.

    Texts of scripts that leave no blank between words are split into `words`, which are their characters.
    """
    some = [text for text, _ in zip((text.strip() for text in texts), range(_LOOKED_AT), strict=False)]
    signs = [text for text in some if len(text) > 1 and not regex.search(rf"\s|{UNSPACED}", text)]
    lengths = [len(text) for text in signs]
    if not some or len(signs) < 0.9 * len(some) or sum(lengths) < _LONG * len(lengths):
        return "words"
    is_cut = len(set(lengths)) <= 3  # to one length, as genes are; so are keys, but they have digits
    letters = is_cut and all(text.isalpha() and (text.isupper() or text.islower()) for text in signs)
    return "characters" if (letters or not is_cut) and not _are_names(signs) else "words"


def _are_names(texts: list[str]) -> bool:
    """Addresses, paths and words joined by signs (`user_name`, `a.b@c.org`) rather than strings of signs."""
    named = [text for text in texts if regex.search(r"://|@|[/\\]|\p{L}{2,}[_.-]\p{L}{2,}", text)]
    return len(named) > 0.5 * len(texts)
