"""Several labels in one text, as people write them: `cat; dog;`, `cat|dog`, `['cat', 'dog']`, `["cat", "dog"]`."""

from __future__ import annotations

import ast
import json
import re
import warnings
from typing import Any

MARKS = {
    **dict.fromkeys(("0", "no", "n", "false", "nein", "non", "否", "☐"), False),
    **dict.fromkeys(("1", "yes", "y", "true", "ja", "oui", "是", "☑", "x", "✓", "✔"), True),
}
"""What a label's own column holds where the label does not, and where it does; small letters."""

KNOWN_PAIRS = (("no", "yes"), ("false", "true"), ("0", "1"), ("n", "y"), ("negative", "positive"), ("-1", "1"))
"""Two labels of which it is known which one is positive: the second."""

_QUOTED = r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\""
_UNPARTED = re.compile(rf"({_QUOTED})(?=\s+['\"])")
_NUMBERS = re.compile(r"[\d.eE+\-\s]+")  # as numpy prints them
_NOTHING = ("none", "null", "nan")
_CALL = re.compile(r"(?:np\.|numpy\.)?(?:array|frozenset)\(([\[{].*[\]}])(?:, *dtype=[^()\[\]]+)?\)", re.DOTALL)


def split_labels(text: str, separator: str) -> list[Any]:
    """The labels of one cell; of a list in brackets whatever the separator, none of an empty one.

    Blanks and quotes around a label are not part of it, and a separator at either end of the text is none between two.
    Nothing between two separators, or nothing but separators, is a ValueError that says what to do.

    Example:
        >>> split_labels("cat; dog;", ";"), split_labels("['cat', 'dog']", ";")
        (['cat', 'dog'], ['cat', 'dog'])
    """
    text = text.strip()
    listed = bracketed(text)
    if listed is not None:
        return listed
    pieces = _pieces(text, separator)
    filled = [place for place, piece in enumerate(pieces) if piece]
    if not filled:
        raise ValueError(f"expected labels, found nothing but {separator!r}; leave the cell empty if none is known")
    pieces = pieces[filled[0] : filled[-1] + 1]
    if not all(pieces):
        raise ValueError(
            f"expected a label between two {separator!r}, found nothing; take one of the two away (one at the end of "
            "the cell does no harm)"
        )
    return pieces


def bracketed(text: str) -> list[Any] | None:
    """The items of a list as Python, JSON, numpy or PostgreSQL write it; None if the text is none.

    Example:
        >>> bracketed("['cat' 'dog']"), bracketed("array(['cat'])"), bracketed("{cat,dog}"), bracketed("(cat)")
        (['cat', 'dog'], ['cat'], ['cat', 'dog'], None)
    """
    if text in ("set()", "frozenset()"):
        return []
    call = _CALL.fullmatch(text)
    text = call[1] if call else text
    ends = text[:1] + text[-1:]
    if ends not in ("[]", "()", "{}") or len(text) < 2:
        return None
    inner = text[1:-1].strip()
    if not inner:
        return []
    items = _evaluated(text)
    if items is not None:
        return [item for item in items if item is not None]
    if ends == "()" or any(sign in inner for sign in "[](){}:"):
        return None
    pieces = inner.split() if _NUMBERS.fullmatch(inner) else _pieces(inner, ",")
    return [piece for piece in pieces if piece and piece.lower() not in _NOTHING]


def _evaluated(text: str) -> list[Any] | None:
    """A list as JSON or Python reads it; strings that only blanks part (numpy's) are items too."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        try:
            with warnings.catch_warnings():  # a backslash that escapes nothing
                warnings.simplefilter("ignore")
                value = ast.literal_eval(_UNPARTED.sub(r"\1,", text))
        except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
            return None
    return list(value) if isinstance(value, list | tuple | set) else None


def _pieces(text: str, separator: str) -> list[str]:
    pieces = re.findall(rf"\s*({_QUOTED}|.*?)\s*(?:{re.escape(separator)}|$)", text, re.DOTALL)
    return [_unquoted(piece) for piece in pieces]


def _unquoted(piece: str) -> str:
    return piece[1:-1].strip() if re.fullmatch(_QUOTED, piece, re.DOTALL) else piece.strip()
