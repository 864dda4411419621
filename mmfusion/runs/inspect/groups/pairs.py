"""Groups that two columns make together: a patient's number that begins anew in each hospital."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice, product

import numpy as np
import polars as pl

from mmfusion.runs.inspect.columns.coded import Coded
from mmfusion.runs.inspect.columns.spelling import looks_like_codes, looks_like_numbering
from mmfusion.runs.inspect.groups.evidence import alike, attribute_evidence, attributes
from mmfusion.runs.inspect.groups.find_groups import ENOUGH, GroupColumn, Grouped, whole_values
from mmfusion.runs.inspect.groups.similarity import alike_texts, without

_MOST_OUTER, _MOST_PAIRS = 50, 40
_ROWS_EACH = 1.6
_LEFT = 0.5
"""Share of a column's variance that the two columns may not explain by themselves."""

_LEAST = 10


def find_pair(table: Grouped, candidates: Sequence[str]) -> GroupColumn | None:
    """Two columns that make a group together, of which neither is one; the pair with most evidence.

    Rows of one pair must be more alike than what each of the two columns explains by itself.
    """
    several = [name for name in candidates if isinstance(table.columns[name], pl.Series)]
    inner = [name for name in several if _is_numbering(table.columns[name])]
    outer = [name for name in several if 2 <= table.coded(name).levels <= _MOST_OUTER]
    both = ((first, second) for second, first in product(inner, outer) if first != second)
    pairs = [pair for first, second in islice(both, _MOST_PAIRS) if (pair := _pair(table, first, second)) is not None]
    return max(pairs, key=lambda pair: (pair.shared, pair.score), default=None)


def _is_numbering(cells: pl.Series) -> bool:
    unique = cells.drop_nulls().unique().cast(pl.String).sort()
    return len(unique) > 3 and (looks_like_numbering(unique) or looks_like_codes(unique)) is not None


def _pair(table: Grouped, outer: str, inner: str) -> GroupColumn | None:
    first, second = table.coded(outer), table.coded(inner)
    together = np.where((first.codes < 0) | (second.codes < 0), -1, first.codes * second.levels + second.codes)
    known, codes = np.unique(together, return_inverse=True)
    codes = codes - (known[0] < 0)
    values, filled = int(codes.max(initial=-1)) + 1, int((codes >= 0).sum())
    least = max(_ROWS_EACH * values, len(codes) / 2)
    if values < max(_LEAST, 1.5 * max(first.levels, second.levels)) or filled < least:
        return None
    pair = Coded(codes, None, values)
    rows = whole_values(pair, values)
    part, pair = table.at(rows), pair if rows is None else pair.where(rows)
    first, second, others = part.coded(outer), part.coded(inner), part.others(outer, inner)
    by_one = {name for column in (first, second) for name in attributes(column, others)}
    shared = [name for name in attributes(pair, others) if name not in by_one]
    evidence = attribute_evidence(pair, {name: others[name] for name in shared})
    rest = [part.compare(name) for name in others if name not in shared and name not in by_one]
    left = [without(without(x, first), second) for x in rest if x is not None]
    evidence += alike(pair, [x for x in left if np.nanvar(x, axis=0).sum() >= _LEFT])
    for text in table.texts:
        evidence += alike_texts(text, part.columns[text], pair.codes, first.codes)
    score = sum(points for points, _ in evidence)
    if score < ENOUGH:
        return None
    return GroupColumn(inner, values, len(codes), score, tuple(why for _, why in evidence), outer, len(shared))
