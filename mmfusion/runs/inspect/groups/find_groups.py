"""Columns whose values are things that several rows come from: a patient, a speaker, a dialogue; by what they hold.

Each kind of evidence has a weight, and `ENOUGH` of it makes a group: how the values are spelt, whether rows of one
value stand together in the file, share their attributes, or are alike in all else. A name adds to it and never decides.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice, product

import numpy as np
import polars as pl

from mmfusion.data.table.delimited import RawColumn
from mmfusion.runs.inspect.columns.coded import MOST_ROWS, Coded, counted
from mmfusion.runs.inspect.columns.spelling import looks_like_codes, looks_like_numbering
from mmfusion.runs.inspect.groups.evidence import (
    FEW,
    Evidence,
    alike,
    apart,
    attribute_evidence,
    attributes,
    in_paths,
    places,
    prior,
    weight_of,
)
from mmfusion.runs.inspect.groups.similarity import alike_texts, comparable, without
from mmfusion.runs.inspect.leaks.prediction import gives

ENOUGH = 3.0  # evidence from which on a column is a group, ...
CLEAR = 4.5  # ... or clearly one
_ROWS_EACH = 1.4  # rows a value, on average, below which hardly anything could be in two splits
_LEAST_ROWS = 20
_TEXT = 3.0  # the most that a text can add
_MOST_OUTER, _MOST_PAIRS = 50, 40
_ROWS_A_PAIR, _LEAST_PAIRS = 1.6, 10
_LEFT = 0.5  # share of a column's variance that the two columns of a pair may not explain by themselves


@dataclass(frozen=True)
class GroupColumn:
    """A column by which rows belong together, or two whose values do so together."""

    column: str
    values: int  # how many different ones, or pairs of them
    rows: int  # of the table
    score: float  # of the evidence
    evidence: tuple[str, ...]  # what speaks for it, in words
    outer: str | None = None  # of two columns the other one, in each of whose values those of this one begin anew
    shared: int = 0  # of two columns, the attributes that are the same in all rows of a pair

    @property
    def reason(self) -> str:
        of, count = "value", "values"
        if self.outer is not None:
            of, count = f"`{self.outer}` and one `{self.column}`", "pairs"
        evidence = "; ".join(self.evidence)
        return f"rows of one {of} belong together: {self.values} {count} in {self.rows} rows; {evidence}"

    @property
    def few(self) -> str:
        """What to think of where there are few values; empty otherwise."""
        if self.values > FEW:
            return ""
        return f"{self.values} values alone: if new rows will have the same ones, it may be wanted as an input instead"

    @property
    def advice(self) -> str:
        return (
            f"if these are patients, speakers or their like, counted anew in each `{self.outer}`, write both into one "
            f"column (`{self.outer}-{self.column}`) and keep its rows together"
        )


@dataclass(frozen=True)
class Grouped:
    """A table in which groups are looked for."""

    columns: Mapping[str, RawColumn]
    contents: Sequence[str]  # columns of numbers and categories, in which rows of one value may be alike
    texts: Sequence[str] = ()  # the same, of texts
    paths: Sequence[str] = ()  # columns of paths, in which a value may stand
    targets: Sequence[str] = ()  # columns that are known to be predicted; what follows from one is no group
    split: str | None = None  # the column of splits
    _coded: dict[str, Coded] = field(default_factory=dict)
    _compared: dict[str, np.ndarray | None] = field(default_factory=dict)

    def coded(self, name: str) -> Coded:
        if name not in self._coded:
            self._coded[name] = Coded.of(self.columns[name])
        return self._coded[name]

    def compare(self, name: str) -> np.ndarray | None:
        """A column in the form in which rows of one value are compared."""
        if name not in self._compared:
            x = comparable(self.coded(name))
            for target in self.targets:
                if x is not None and target != name:
                    x = without(x, self.coded(target))
            self._compared[name] = x
        return self._compared[name]

    def others(self, *names: str) -> dict[str, Coded]:
        """The contents but for some columns, the targets and the split."""
        left_out = (*names, self.split, *self.targets)
        series = [name for name in self.contents if isinstance(self.columns[name], pl.Series)]
        return {name: self.coded(name) for name in series if name not in left_out}

    def at(self, rows: np.ndarray | None) -> Grouped:
        if rows is None:
            return self
        columns = {
            name: cells.gather(rows) if isinstance(cells, pl.Series) else [cells[i] for i in rows]
            for name, cells in self.columns.items()
        }
        return replace(self, columns=columns, _coded={}, _compared={})

    def once(self, name: str) -> Grouped:
        """The table at one row of each value of a column."""
        return self.at(self.columns[name].arg_unique().sort().to_numpy())

    def inside(self, finer: str, other: str) -> bool:
        """Whether each value of a column belongs to one value of another."""
        pairs = pl.DataFrame({"a": self.columns[finer], "b": self.columns[other]}).drop_nulls().unique()
        return len(pairs) <= 1.02 * pairs["a"].n_unique()


def find_groups(table: Grouped, candidates: Sequence[str]) -> list[GroupColumn]:
    """The groups among some columns, the one to split by first.

    Of two groups of which the one holds the other (a patient's visits), the larger; else that with more evidence.
    What is a group only because another is (a patient's age: its rows are those of few patients) is none.
    """
    groups = _enough(table, candidates)
    if len(groups) > 1:
        groups = _enough(table, [group.column for group in groups], all_texts=True)
    for finer in sorted(groups, key=lambda group: -group.values):
        coarser = [g for g in groups if g.values < finer.values and table.inside(finer.column, g.column)]
        if coarser:
            held = _enough(table.once(finer.column), [c.column for c in coarser if finer.values >= 2 * c.values])
            kept = {group.column for group in held}
            groups = [g for g in groups if g not in coarser or g.column in kept]
    parts = [g for g in groups if any(g.values > h.values and table.inside(g.column, h.column) for h in groups)]
    if not groups:
        return []
    first, *rest = [g for g in groups if g not in parts]
    fewer = [g.column for g in rest if first.values >= 2 * g.values]
    kept = {group.column for group in _enough(table.once(first.column), fewer)}
    return [first, *(g for g in rest if g.column in kept), *(g for g in parts if table.inside(g.column, first.column))]


def find_few(table: Grouped, candidates: Sequence[str]) -> list[GroupColumn]:
    """Columns of `FEW` values or fewer that hold groups by all but their number."""
    names = [name for name in candidates if table.coded(name).levels <= FEW]
    groups = [group for name in names if (group := _group(table, name, True)) is not None]
    return [group for group in groups if group.score < ENOUGH <= group.score - min(weight_of(group.values), 0.0)]


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


def straddling_values(groups: RawColumn, splits: RawColumn) -> int:
    """How many values of a group are in more than one split."""
    frame = pl.DataFrame({"group": pl.Series(groups), "split": pl.Series(splits)}).drop_nulls().unique()
    return len(frame.group_by("group").len().filter(pl.col("len") > 1))


def _enough(table: Grouped, names: Sequence[str], all_texts: bool = False) -> list[GroupColumn]:
    """Those columns for which there is enough evidence, most first; texts are read where they can decide, or all."""
    candidates = [group for name in names if (group := _group(table, name, all_texts)) is not None]
    groups = [group for group in candidates if group.score >= ENOUGH]
    # Of two that are one (each patient has an age of its own), the name and not the measurement.
    return sorted(groups, key=lambda g: (-g.score, -g.values, table.coded(g.column).numbers is not None))


def _group(table: Grouped, name: str, all_texts: bool) -> GroupColumn | None:
    cells = table.columns[name]
    if not isinstance(cells, pl.Series) or cells.null_count() > 0.1 * len(cells):
        return None
    filled = len(cells) - cells.null_count()
    count = cells.n_unique() - (cells.null_count() > 0)
    if count < 3 or filled < _ROWS_EACH * count or filled < _LEAST_ROWS:
        return None
    values = cells.cast(pl.String)
    counts = counted(values)
    if counts["count"][0] > filled / 2:  # most rows come from one thing, or it means none
        return None
    unique = counts["value"].sort()
    numbers = unique.cast(pl.Float64, strict=False)
    if not numbers.null_count() and (numbers % 1 != 0).any():
        return None
    part = table.at(_whole_values(table.coded(name), count))
    group = part.coded(name)
    targets = [part.coded(target) for target in table.targets if target != name]
    for target in targets:  # which may be a measurement of the thing itself, the same in all its rows: a patient's age
        own = target.numbers is not None and FEW < target.levels <= group.levels
        if not own and gives(target, group).suspicious:
            return None
    evidence = prior(name, unique) + places(values, unique)
    if table.split is not None:
        evidence += apart(values, table.columns[table.split])
    others = part.others(name)
    shared = attributes(group, others)
    evidence += attribute_evidence(group, {other: others[other] for other in shared})
    evidence += alike(group, [part.compare(other) for other in others if other not in shared])
    evidence += in_paths(values, [table.columns[path] for path in table.paths])
    for text in table.texts:
        score = _sum(evidence)
        if text != name and (all_texts or ENOUGH - _TEXT <= score < ENOUGH):
            evidence += alike_texts(text, part.columns[text], group.codes, targets[0].codes if targets else None)
    return GroupColumn(name, count, len(values), _sum(evidence), tuple(why for _, why in evidence if why))


def _sum(evidence: Evidence) -> float:
    return sum(points for points, _ in evidence)


def _is_numbering(cells: pl.Series) -> bool:
    unique = cells.drop_nulls().unique().cast(pl.String).sort()
    return len(unique) > 3 and (looks_like_numbering(unique) or looks_like_codes(unique)) is not None


def _pair(table: Grouped, outer: str, inner: str) -> GroupColumn | None:
    first, second = table.coded(outer), table.coded(inner)
    together = np.where((first.codes < 0) | (second.codes < 0), -1, first.codes * second.levels + second.codes)
    known, codes = np.unique(together, return_inverse=True)
    codes = codes - (known[0] < 0)
    values, filled = int(codes.max(initial=-1)) + 1, int((codes >= 0).sum())
    least = max(_ROWS_A_PAIR * values, len(codes) / 2)
    if values < max(_LEAST_PAIRS, 1.5 * max(first.levels, second.levels)) or filled < least:
        return None
    pair = Coded(codes, None, values)
    rows = _whole_values(pair, values)
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
    score = _sum(evidence)
    if score < ENOUGH:
        return None
    return GroupColumn(inner, values, len(codes), score, tuple(why for _, why in evidence), outer, len(shared))


def _whole_values(group: Coded, count: int) -> np.ndarray | None:
    """All rows of some values, of a long table; None: all rows."""
    if len(group.codes) <= MOST_ROWS:
        return None
    generator = np.random.default_rng(0)
    sizes = np.bincount(group.codes[group.codes >= 0], minlength=count)
    order = generator.permutation(count)
    chosen = np.zeros(count + 1, dtype=bool)  # the last one is for empty cells
    chosen[order[: max(3, int(np.searchsorted(np.cumsum(sizes[order]), MOST_ROWS)))]] = True
    rows = np.flatnonzero(chosen[group.codes])
    return rows if len(rows) <= 2 * MOST_ROWS else np.sort(generator.choice(rows, MOST_ROWS, replace=False))
