"""What one column holds, in numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

from mmfusion.data.decode.text_tokens import CHARACTERS_A_WORD, WORDS_OF, best_split
from mmfusion.runs.inspect.columns.coded import counted, numeric
from mmfusion.runs.inspect.columns.separators import LabelLists, label_lists
from mmfusion.runs.inspect.columns.similar_names import number_spellings

EXAMPLES = 3
_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_VECTOR = rf"^[\[({{]?\s*{_NUMBER}(?:[\s,;|]+{_NUMBER})+[\s,;]*[\])}}]?$"
_HOT = r"^[\[({]?\s*[01](?:\.0?)?(?:[\s,;|]+[01](?:\.0?)?)+[\s,;]*[\])}]?$"
_LISTS = 1000
_MOST_CODES = 1000


@dataclass(frozen=True)
class Profile:
    """One column."""

    name: str
    rows: int  # of the table
    filled: int  # cells that are not empty
    distinct: int  # different values among them
    once: int = 0  # values that occur once
    numbers: float = 0.0  # share of filled cells that are numbers; `007` is a name and no number
    whole: bool = False  # all numbers are whole
    words: float = 0.0  # a cell, on average, of scripts without blanks estimated; 0 where cells are no text
    lists: bool = False  # cells are lists (looked at in the first thousand)
    list_length: int | None = None  # of all of them, if there is one
    examples: list[Any] = field(default_factory=list)  # the commonest values
    labels: LabelLists | None = None  # how texts hold several labels a cell
    codes: bool = False  # one number is written in several ways (250, 250.0): names rather than measurements
    signs: bool = False  # cells are strings of signs, such as molecules: texts of characters
    vectors: bool = False  # cells are several numbers (`[0.1, 0.2]`, `3 7 9`, or lists) that measure something, ...
    hot: bool = False  # ... or these are 0 and 1 alone
    odd: str = ""  # a cell that is no number, of a column that holds some

    @property
    def is_number(self) -> bool:
        """All cells but a stray one in a thousand are numbers, and measure something."""
        return self.numbers > 0.999 and not self.codes

    @property
    def is_text(self) -> bool:
        """Cells of several words that are rarely twice the same."""
        if self.lists or self.labels or self.is_number or self.vectors:
            return False
        if self.signs and self.distinct > max(20, 0.3 * self.filled):
            return True
        many = self.distinct > 20 and self.distinct > 0.3 * self.filled
        return self.words >= 1.5 and (many or self.words >= 6)

    @property
    def text_arguments(self) -> dict[str, Any]:
        """What the kind `text` should know: of strings of signs each is one, and capitals matter."""
        return {"tokens": "characters", "lower": False} if self.signs else {}

    @property
    def text_reason(self) -> str:
        many = f"{self.distinct} different in {self.filled}"
        return f"strings of signs: {many}" if self.signs else f"free text: {self.words:.1f} words a cell, {many}"

    @property
    def is_category(self) -> bool:
        """Few enough values, each seen often enough, that they can be classes or levels."""
        if self.lists or self.labels or not 2 <= self.distinct <= 1000 or self.is_text:
            return False
        if self.is_number:
            return self.whole and self.distinct <= 20 and self.filled >= 2 * self.distinct
        return self.filled >= 3 * self.distinct and self.once <= max(2, 0.2 * self.distinct)

    @property
    def names_rows(self) -> bool:
        """All cells are filled and no value occurs twice, in a table of more than a handful of rows."""
        return self.rows == self.filled == self.distinct > 3

    @property
    def unlabelled(self) -> str:
        """What to add to a target's reason if rows have none."""
        return f"; {(self.rows - self.filled) / self.rows:.0%} of rows have none" if self.filled < self.rows else ""


def profile(name: str, cells: Sequence[Any]) -> Profile:
    """Look at one column."""
    if not isinstance(cells, pl.Series):
        return _lists(name, cells)
    present = cells.drop_nulls()
    text = present.cast(pl.String)
    counts = counted(text)
    values = counts["value"]
    is_number = numeric(present)
    odd = text.filter(is_number.is_null())
    numbers = is_number.drop_nulls()
    is_text = cells.dtype == pl.String
    hot = is_text and not len(numbers) and _are_all(_HOT, values)
    labels = label_lists(present) if is_text and len(numbers) < len(present) and not hot else None
    return Profile(
        name=name,
        rows=len(cells),
        filled=len(present),
        distinct=len(values),
        once=int((counts["count"] == 1).sum()),
        numbers=len(numbers) / max(len(present), 1),
        whole=bool((numbers == numbers.round()).all()),
        words=_words(text) if is_text else 0.0,
        examples=values.head(EXAMPLES).to_list(),
        labels=labels,
        codes=is_text and len(values) <= _MOST_CODES and len(present) >= 3 * len(values) and number_spellings(values),
        signs=is_text and len(numbers) == 0 and best_split(values.to_list()) == "characters",
        vectors=is_text and not len(numbers) and labels is None and _are_all(_VECTOR, values),
        hot=hot,
        odd=odd[0] if len(odd) else "",
    )


def _are_all(pattern: str, values: pl.Series) -> bool:
    share = values.head(_LISTS).str.strip_chars().str.contains(pattern).mean()
    return isinstance(share, float) and share >= 0.95


def _words(text: pl.Series) -> float:
    blanks, *unspaced = (int(text.str.count_matches(pattern).sum()) / max(len(text), 1) for pattern in WORDS_OF)
    return max(blanks, sum(count / size for count, size in zip(unspaced, CHARACTERS_A_WORD, strict=True)))


def _lists(name: str, cells: Sequence[Any]) -> Profile:
    present = [cell for cell in cells if cell is not None]
    few = [cell for cell in present if not isinstance(cell, list) or cell][:_LISTS]  # a list of nothing fits any other
    lengths = {len(cell) if isinstance(cell, list | np.ndarray) else 1 for cell in few}
    arrays = [cell for cell in few if isinstance(cell, np.ndarray)]
    length = lengths.pop() if len(lengths) == 1 else None
    fractions = any(bool((cell % 1 != 0).any()) for cell in arrays)
    hot = (length or 0) > 1 and all(bool(np.isin(cell, (0, 1)).all()) for cell in arrays)
    return Profile(
        name=name,
        rows=len(cells),
        filled=len(present),
        distinct=len({str(cell) for cell in few}),
        numbers=len(arrays) / max(len(few), 1),
        lists=True,
        list_length=length,
        examples=[str(cell) for cell in few[:EXAMPLES]],
        vectors=0 < len(arrays) == len(few) and (fractions or hot or (length or 0) > 2),
        hot=0 < len(arrays) == len(few) and hot,
    )
