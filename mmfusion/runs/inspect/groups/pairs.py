"""Groups that two columns make together: a patient's number that begins anew in each hospital."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice, product

import numpy as np
import polars as pl

from mmfusion.runs.inspect.columns.coded import Coded
from mmfusion.runs.inspect.columns.spelling import looks_like_codes, looks_like_numbering
from mmfusion.runs.inspect.groups.evidence import alike, attributes, constant
from mmfusion.runs.inspect.groups.find_groups import ENOUGH, Grouped, whole_values
from mmfusion.runs.inspect.groups.similarity import alike_texts, without

_MOST_OUTER, _MOST_PAIRS = 50, 40
_ROWS_EACH = 1.6
_LEFT = 0.5
"""Share of a column's variance that the two columns may not explain by themselves."""

_LEAST = 10


@dataclass(frozen=True)
class Pair:
    """Two columns by whose values together rows belong together.

    Attributes:
        outer: what the numbers begin anew in.
        inner: the numbers.
        values: different pairs.
        rows: of the table.
        shared: attributes that are the same in all rows of a pair.
        score: of the evidence.
        evidence: what speaks for it, in words.
    """

    outer: str
    inner: str
    values: int
    rows: int
    shared: int
    score: float
    evidence: tuple[str, ...]

    @property
    def reason(self) -> str:
        """What was found, in one line."""
        return (
            f"rows of one `{self.outer}` and one `{self.inner}` belong together: {self.values} pairs in {self.rows} "
            f"rows; {'; '.join(self.evidence)}"
        )

    @property
    def advice(self) -> str:
        """What to do."""
        return (
            f"if these are patients, speakers or their like, counted anew in each `{self.outer}`, write both into one "
            f"column (`{self.outer}-{self.inner}`) and keep its rows together"
        )


def find_pair(table: Grouped, candidates: Sequence[str]) -> Pair | None:
    """Two columns that make a group together, of which neither is one; the pair with most evidence.

    Rows of one pair must be more alike than what each of the two columns explains by itself.

    Args:
        table: all columns.
        candidates: those that may be one of the two.
    """
    several = [name for name in candidates if isinstance(table.columns[name], pl.Series)]
    inner = [name for name in several if _is_numbering(table.columns[name])]
    outer = [name for name in several if 2 <= table.look(name, None).levels <= _MOST_OUTER]
    both = ((first, second) for second, first in product(inner, outer) if first != second)
    found = [pair for first, second in islice(both, _MOST_PAIRS) if (pair := _pair(table, first, second)) is not None]
    return max(found, key=lambda pair: (pair.shared, pair.score), default=None)


def _is_numbering(cells: pl.Series) -> bool:
    unique = cells.drop_nulls().unique().cast(pl.String).sort()
    return len(unique) > 3 and (looks_like_numbering(unique) or looks_like_codes(unique)) is not None


def _pair(table: Grouped, outer: str, inner: str) -> Pair | None:
    first, second = table.look(outer, None), table.look(inner, None)
    together = np.where((first.codes < 0) | (second.codes < 0), -1, first.codes * second.levels + second.codes)
    known, codes = np.unique(together, return_inverse=True)
    codes = codes - (known[0] < 0)
    values, filled = int(codes.max(initial=-1)) + 1, int((codes >= 0).sum())
    if values < max(_LEAST, 1.5 * max(first.levels, second.levels)) or filled < max(
        _ROWS_EACH * values, len(codes) / 2
    ):
        return None
    pair = Coded(codes, None, values)
    rows = whole_values(pair, values)
    if rows is not None:
        first, second, pair = (table.look(outer, rows), table.look(inner, rows), pair.where(rows))
    others = {
        name: table.look(name, rows)
        for name in table.contents
        if name not in (outer, inner, table.split, *table.targets) and isinstance(table.columns[name], pl.Series)
    }
    by_one = {name for column in (first, second) for name in attributes(column, others)}
    shared = [name for name in attributes(pair, others) if name not in by_one]
    evidence = constant(pair, {name: others[name] for name in shared})
    rest = [table.compare(name, rows) for name in others if name not in shared and name not in by_one]
    left = [without(without(x, first), second) for x in rest if x is not None]
    evidence += alike(pair, [x for x in left if np.nanvar(x, axis=0).sum() >= _LEFT])
    for text in table.texts:
        sampled = table.columns[text] if rows is None else table.columns[text].gather(rows)
        evidence += alike_texts(text, sampled, pair.codes, first.codes)
    score = sum(points for points, _ in evidence)
    if score < ENOUGH:
        return None
    return Pair(outer, inner, values, len(codes), len(shared), score, tuple(said for _, said in evidence))
