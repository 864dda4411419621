"""Names that a person would take for one and a computer for several: `Cat` and `cat`, `250` and `250.0`."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal

_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]{1,3})?")
_UNSEEN = ("Cc", "Cf", "Zl", "Zp", "Zs")
_SHOWN = 3


def similar(names: Iterable[str]) -> list[list[str]]:
    """Groups of names that differ only in case, blanks, invisible characters, Unicode form, or a number's spelling."""
    groups: dict[str | Decimal, set[str]] = defaultdict(set)
    for name in names:
        groups[_plain(name)].add(name)
    return sorted(sorted(group) for group in groups.values() if len(group) > 1)


def similar_message(names: Iterable[str], what: str) -> str | None:
    """What to say of similar names, or None where there are none; `what` they are: classes, levels."""
    groups = similar(names)
    if not groups:
        return None
    shown = "; ".join(" and ".join(map(visible, group)) for group in groups[:_SHOWN])
    more = f"; … and {len(groups) - _SHOWN} more" if len(groups) > _SHOWN else ""
    return (
        f"{shown}{more} are different {what} that differ only in letter case, blanks, invisible characters, Unicode "
        "form or the way a number is written; write them in one way if they are one"
    )


def visible(name: str) -> str:
    """A name between quotes, with escapes for characters that cannot be seen and for marks that a font would hide."""
    composed = unicodedata.normalize("NFC", name) == name
    return f"'{''.join(_escaped(character, composed) for character in name)}'"


def number_spellings(names: Iterable[str]) -> bool:
    """Whether one number is written in several ways (250, 250.0), as codes are."""
    numbers = [name for name in set(names) if _NUMBER.fullmatch(name)]
    return len({Decimal(name) for name in numbers}) < len(numbers)


def _escaped(character: str, composed: bool) -> str:
    category = unicodedata.category(character)
    hidden = category in _UNSEEN and character != " "
    mark = (category == "Mn" and not composed) or _is_selector(character)
    return character.encode("unicode_escape").decode() if hidden or mark else character


def _plain(name: str) -> str | Decimal:
    """One key for all names that look alike."""
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    text = "".join(c for c in text if unicodedata.category(c) != "Cf" and not _is_selector(c))
    text = " ".join(text.split())
    return Decimal(text) if _NUMBER.fullmatch(text) else text


def _is_selector(character: str) -> bool:
    """Whether it only chooses a glyph for the character before it, which most fonts ignore."""
    return 0xFE00 <= ord(character) <= 0xFE0F
