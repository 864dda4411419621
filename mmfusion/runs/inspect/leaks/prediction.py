"""Columns that give a target away, and columns that follow from one: a threshold, a bin, a rank, a finer label."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from scipy.special import bdtr

from mmfusion.data.decode.text_tokens import UNSPACED
from mmfusion.data.table.delimited import Cells
from mmfusion.runs.inspect.columns.profile import numeric
from mmfusion.runs.inspect.leaks.association import (
    along_curve,
    hits_by_interval,
    hits_by_level,
    mean_of_level,
    mean_of_neighbours,
    rank_correlation,
)

LEAST_ROWS = 40
"""Labelled rows below which nothing is suspicious: a few are predicted well by chance."""

MOST_ROWS = 20_000
"""Rows that are looked at; of a longer table, as many at random."""

_ERRORS_LEFT = 0.2
"""A good predictor may leave this share of the commonest class's errors; a leak leaves less, ..."""

_ERRORS_LEFT_BY_MEASUREMENT = 0.06
"""... or this share, if it is a measurement, for these tell kinds apart well by right (the petals of irises); ..."""

_CORRELATION = 0.96
"""... or has more than this rank correlation; ..."""

_BY_CHANCE = 0.015
"""... so much less, or more, that a good predictor would rarely do as well on as many rows."""

_FEWEST = 4
"""Rows outside the commonest class that are enough if not one of all rows is predicted wrongly, ..."""

_FEWEST_LARGEST = 3
"""... or so few, if they are those of the largest or of the smallest numbers of a target, ..."""

_FEWEST_BY_MEASUREMENT = 25
"""... or so many, if the column is a measurement, for one of r = .95 often tells the five largest numbers apart ..."""

_FEWEST_OF_KINDS = 60
"""... (of more than two classes, so many, as petals of 50 irises do), but not by such a gap: ..."""

_APART = 0.1
"""... a share of the range of numbers."""

_MOSTLY_ONE = 0.6
"""Share of one value from which on a number has no order to predict."""

LABELS_COMPARED = 20
"""Of a target of several labels a row, the commonest: which rows have each of them is looked at."""

_Z = 2.0
_CLASSES = 20
"""Numbers with more different values than this are no classes."""


@dataclass(frozen=True)
class Score:
    """How well one column alone predicts another.

    Attributes:
        value: accuracy; or rank correlation, where the predicted column is a number.
        chance: what the commonest class reaches; 0 for a rank correlation.
        measure: `accuracy` or `rank correlation`.
        rows: how many rows were scored.
        errors_left: share of the commonest class's errors that a good predictor of this kind may leave.
        fewest: rows outside the commonest class that are enough if there is no error.
    """

    value: float
    chance: float
    measure: str
    rows: int
    errors_left: float = _ERRORS_LEFT
    fewest: int = _FEWEST

    @property
    def words(self) -> str:
        """`97% (accuracy)`."""
        return f"{self.value:.0%} ({self.measure})"

    @property
    def suspicious(self) -> bool:
        """Better than what is known beforehand usually does: at ρ = .95, or with a fifth of the errors, nothing is."""
        if self.rows < LEAST_ROWS:
            return False
        if self.measure != "accuracy":
            return bool(np.arctanh(min(self.value, 1 - 1e-9)) - _Z / np.sqrt(self.rows - 3) > np.arctanh(_CORRELATION))
        wrong, by_chance = round(self.rows * (1 - self.value)), round(self.rows * (1 - self.chance))
        if wrong == 0:
            return by_chance >= self.fewest
        return bool(wrong < by_chance and bdtr(wrong, by_chance, self.errors_left) < _BY_CHANCE)


NOTHING = Score(0.0, 0.0, "accuracy", 0)


@dataclass(frozen=True)
class Looked:
    """A column's cells in the forms in which they are compared.

    Attributes:
        codes: int `[N]`, a number for each value; −1 where empty.
        numbers: `[N]`, NaN where empty; None unless all filled cells are numbers, three different ones or more.
        levels: how many different values.
        values: text `[levels]`, the value of each code; None where they were not kept.
    """

    codes: np.ndarray
    numbers: np.ndarray | None
    levels: int
    values: pl.Series | None = None

    @classmethod
    def at(cls, cells: Cells, rows: np.ndarray | None = None) -> Looked:
        """Look at some rows of a column.

        Args:
            cells: `[N]`, None where empty.
            rows: the rows to look at; None: all.
        """
        values = cells if isinstance(cells, pl.Series) else pl.Series([_text(cell) for cell in cells], dtype=pl.String)
        values = values if rows is None else values.gather(rows)
        numbers = numeric(values)
        texts = values.cast(pl.String)
        codes = texts.rank("dense").fill_null(0).to_numpy().astype(np.int64) - 1
        is_number = numbers.null_count() == values.null_count() and numbers.n_unique() - (numbers.null_count() > 0) > 2
        levels = texts.drop_nulls().unique().sort()
        return cls(codes, numbers.to_numpy().astype(np.float64) if is_number else None, len(levels), levels)

    def where(self, rows: np.ndarray) -> Looked:
        """Some of the rows."""
        return replace(self, codes=self.codes[rows], numbers=None if self.numbers is None else self.numbers[rows])

    @property
    def holes(self) -> Looked | None:
        """Whether a cell is filled, as a column of two values; None if all are, or none is."""
        filled = (self.codes >= 0).astype(np.int64)
        return Looked(filled, None, 2) if 0 < filled.sum() < len(filled) else None


def sample(rows: int) -> np.ndarray | None:
    """The rows of a long table that are looked at (always the same ones); None: all."""
    if rows <= MOST_ROWS:
        return None
    return np.sort(np.random.default_rng(0).choice(rows, MOST_ROWS, replace=False))


def gives(feature: Looked, target: Looked, measured: bool = True) -> Score:
    """How well a column predicts a target by itself; the best of several predictors counts.

    Classes: the commonest one at the same level, or that of an interval of numbers.
    Numbers: by rank, along the column, along the means of its levels, and along a curve. An empty cell is a level like
    any other, for a hole can give a label away too.

    Args:
        feature: `[N]`, what may be known beforehand.
        target: `[N]`, what is predicted.
        measured: whether numbers may be a measurement, which tells kinds apart well by right.
    """
    known = target.codes >= 0
    if known.sum() < LEAST_ROWS:
        return NOTHING
    feature, target = feature.where(known), target.where(known)
    scores = [_classes(feature, target, measured)] if target.numbers is None or target.levels <= _CLASSES else []
    scores += [_numbers(feature, target.numbers)] if target.numbers is not None and target.levels > 3 else []
    return max(scores, key=lambda score: (score.suspicious, score.value))


def follows(feature: Looked, target: Looked) -> Score:
    """How well a column is predicted from the target, or which of its cells are empty: it may be made from it."""
    known = target.codes >= 0
    feature, target = feature.where(known), target.where(known)
    scores = [gives(target, feature, measured=False)]  # a target is no measurement of what is made from it
    if feature.holes is not None:
        scores += [gives(target, feature.holes, measured=False)]
        if feature.levels > 1:  # an empty cell as a class of its own
            scores += [_classes(target, Looked(feature.codes + 1, None, feature.levels + 1))]
    return max(scores, key=lambda score: (score.suspicious, score.value))


def is_form_of(column: Looked, other: Looked) -> bool:
    """Whether one of two columns gives the other away, or is made from it."""
    return gives(column, other).suspicious or follows(column, other).suspicious


_JOINED = rf"{UNSPACED}|\p{{Katakana}}|\p{{Hangul}}"
"""A character of a script in which a name may stand without a blank before or behind it."""


def says_label(texts: Cells, labels: Cells) -> Score:
    """How often a text contains the name of its own label as a word; chance: that of a label drawn from the others.

    Of scripts without blanks between words, and of Korean, whose words end in particles, as a part of any word.

    Args:
        texts: `[N]` cells.
        labels: `[N]` cells.
    """
    text, label = (pl.Series([_text(cell) for cell in cells], dtype=pl.String) for cells in (texts, labels))
    frame = pl.DataFrame({"text": text, "label": label}).drop_nulls()
    frame = frame.filter((pl.col("label").str.len_chars() > 2) | pl.col("label").str.contains(_JOINED))
    if not len(frame):
        return NOTHING
    shuffled = pl.col("word").shuffle(seed=0)
    frame = frame.select(padded=_padded("text"), word=_padded("label")).with_columns(shuffled.alias("other"))
    own, other = (
        float(frame.select(pl.col("padded").str.contains(pl.col(name), literal=True).mean()).item())
        for name in ("word", "other")
    )
    return Score(own, other, "accuracy", len(frame))


def _padded(column: str) -> pl.Expr:
    """A text's words in small letters with a blank on either side; what has no blanks between words, by characters."""
    apart = pl.col(column).str.to_lowercase().str.replace_all(_JOINED, " $0 ")
    return pl.concat_str(pl.lit(" "), apart.str.replace_all(r"[^\pL\pN]+", " "), pl.lit(" ")).str.replace_all(" +", " ")


def _classes(feature: Looked, target: Looked, measured: bool = False) -> Score:
    labels, rows = target.codes, len(target.codes)
    if rows < LEAST_ROWS or target.levels > rows / 2:
        return NOTHING
    is_measured = feature.numbers is not None and feature.levels > 2 * target.levels
    left = _ERRORS_LEFT_BY_MEASUREMENT if measured and is_measured else _ERRORS_LEFT
    scores = [_accuracy(hits_by_level(feature.codes, labels), labels, left)]
    if feature.holes is not None:
        scores.append(_accuracy(hits_by_level(feature.holes.codes, labels), labels, left))
    if feature.numbers is not None and (~np.isnan(feature.numbers)).sum() > 8:
        there = ~np.isnan(feature.numbers)
        x, y = feature.numbers[there], labels[there]
        hits = hits_by_interval(x, y) + int(np.bincount(labels[~there], minlength=1).max())
        fewest = _fewest(x, y, measured) if is_measured else _FEWEST
        scores.append(_accuracy(hits, labels, left, fewest))
    shared = np.bincount(feature.codes + 1)[feature.codes + 1] > 1  # of a value that no other row has, nothing is known
    if not is_measured and max(LEAST_ROWS / 2, rows / 2) < shared.sum() < rows:
        scores.append(_accuracy(hits_by_level(feature.codes[shared], labels[shared]), labels[shared]))
    return max(scores, key=lambda score: (score.suspicious, score.value))


def _accuracy(hits: int, labels: np.ndarray, errors_left: float = _ERRORS_LEFT, fewest: int = _FEWEST) -> Score:
    rows = len(labels)
    return Score(hits / rows, float(np.bincount(labels).max()) / rows, "accuracy", rows, errors_left, fewest)


def _fewest(numbers: np.ndarray, labels: np.ndarray, measured: bool) -> int:
    """Rows outside the commonest class that are enough if intervals of the numbers make no error."""
    order = np.argsort(numbers, kind="stable")
    x, y = numbers[order], labels[order]
    gaps = np.diff(x)[y[1:] != y[:-1]]  # at which one class ends
    if measured:
        if len(gaps) and len(gaps) * gaps.min() > min(len(gaps), 2) * _APART * np.ptp(x):
            return _FEWEST
        return _FEWEST_OF_KINDS if len(np.unique(y)) > 2 else _FEWEST_BY_MEASUREMENT
    return _FEWEST_LARGEST if len(gaps) == 1 and gaps[0] > 0 else _FEWEST


def _numbers(feature: Looked, y: np.ndarray) -> Score:
    rows = len(y)
    scores = [0.0]
    if np.unique(y, return_counts=True)[1].max(initial=0) > _MOSTLY_ONE * rows:
        return NOTHING
    if feature.levels <= rows / 10 and len(np.unique(feature.codes)) > 3:
        scores.append(rank_correlation(mean_of_level(feature.codes, y), y))
    if feature.numbers is not None:
        there = ~np.isnan(feature.numbers)
        x, y = feature.numbers[there], y[there]
        rows = len(y)
        if rows > 8:
            scores.append(abs(rank_correlation(x, y)))
            if feature.levels > _CLASSES:
                scores += [rank_correlation(mean_of_neighbours(x, y), y), rank_correlation(*along_curve(x, y))]
    return Score(max(scores), 0.0, "rank correlation", rows)


def _text(cell: object) -> str | None:
    return None if cell is None else str(cell)
