"""Columns that give a target away, and columns that follow from one: a threshold, a bin, a rank, a finer label."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl
from scipy.special import bdtr

from mmfusion.data.decode.text_tokens import UNSPACED
from mmfusion.data.table.delimited import RawColumn
from mmfusion.runs.inspect.columns.coded import Coded, as_text
from mmfusion.runs.inspect.leaks.association import (
    along_curve,
    hits_by_interval,
    hits_by_level,
    mean_of_level,
    mean_of_neighbours,
    rank_correlation,
)

LEAST_ROWS = 40  # labelled rows below which nothing is suspicious: a few are predicted well by chance
_ERRORS_LEFT = 0.2  # a good predictor may leave this share of the commonest class's errors; a leak leaves less, ...
# ... or this share, if it is a measurement, for these tell kinds apart well by right (the petals of irises); ...
_ERRORS_LEFT_BY_MEASUREMENT = 0.06
_CORRELATION = 0.96  # ... or has more than this rank correlation; ...
_BY_CHANCE = 0.015  # ... so much less, or more, that a good predictor would rarely do as well on as many rows
_FEWEST = 4  # rows outside the commonest class that are enough if not one of all rows is predicted wrongly, ...
_FEWEST_LARGEST = 3  # ... or so few, if they are those of the largest or of the smallest numbers of a target, ...
# ... or so many, if the column is a measurement, for one of r = .95 often tells the five largest numbers apart ...
_FEWEST_BY_MEASUREMENT = 25
_FEWEST_OF_KINDS = 60  # ... (of more than two classes, so many, as petals of 50 irises do), but not by such a gap: ...
APART = 0.1  # ... a share of the range of numbers
_MOSTLY_ONE = 0.6  # share of one value from which on a number has no order to predict
LABELS_COMPARED = 20  # of a target of several labels a row, the commonest: which rows have each of them is looked at
_Z = 2.0
CLASSES = 20  # numbers with more different values than this are no classes


@dataclass(frozen=True)
class Score:
    """How well one column alone predicts another."""

    value: float  # accuracy; or rank correlation, where the predicted column is a number
    chance: float  # what the commonest class reaches; 0 for a rank correlation
    measure: str  # `accuracy` or `rank correlation`
    rows: int  # how many were scored
    errors_left: float = _ERRORS_LEFT  # share of the commonest class's errors that a good predictor may leave
    fewest: int = _FEWEST  # rows outside the commonest class that are enough if there is no error

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


def gives(feature: Coded, target: Coded, measured: bool = True) -> Score:
    """How well a column `[N]` predicts a target `[N]` by itself; the best of several predictors counts.

    Classes: the commonest one at the same level, or that of an interval of numbers.
    Numbers: by rank, along the column, along the means of its levels, and along a curve. An empty cell is a level like
    any other, for a hole can give a label away too. `measured`: numbers may be a measurement, which tells kinds apart
    well by right.
    """
    known = target.codes >= 0
    if known.sum() < LEAST_ROWS:
        return NOTHING
    feature, target = feature.where(known), target.where(known)
    scores = [_classes(feature, target, measured)] if target.numbers is None or target.levels <= CLASSES else []
    scores += [_numbers(feature, target.numbers)] if target.numbers is not None and target.levels > 3 else []
    return max(scores, key=lambda score: (score.suspicious, score.value))


def follows(feature: Coded, target: Coded) -> Score:
    """How well a column is predicted from the target, or which of its cells are empty: it may be made from it."""
    known = target.codes >= 0
    feature, target = feature.where(known), target.where(known)
    scores = [gives(target, feature, measured=False)]  # a target is no measurement of what is made from it
    if feature.holes is not None:
        scores += [gives(target, feature.holes, measured=False)]
        if feature.levels > 1:  # an empty cell as a class of its own
            scores += [_classes(target, Coded(feature.codes + 1, None, feature.levels + 1))]
    return max(scores, key=lambda score: (score.suspicious, score.value))


def relation(feature: Coded, target: Coded) -> tuple[Literal["gives", "follows"], Score] | None:
    """Whether a column gives a target away or is made from it, and how well; None if neither."""
    score = gives(feature, target)
    if score.suspicious:
        return "gives", score
    score = follows(feature, target)
    return ("follows", score) if score.suspicious else None


# A character of a script in which a name may stand without a blank before or behind it.
_JOINED = rf"{UNSPACED}|\p{{Katakana}}|\p{{Hangul}}"


def contains_label(texts: RawColumn, labels: RawColumn) -> Score:
    """How often a text contains the name of its own label as a word; chance: that of a label drawn from the others.

    Of scripts without blanks between words, and of Korean, whose words end in particles, as a part of any word.
    """
    frame = pl.DataFrame({"text": as_text(texts), "label": as_text(labels)}).drop_nulls()
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


def _classes(feature: Coded, target: Coded, measured: bool = False) -> Score:
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
        if len(gaps) and len(gaps) * gaps.min() > min(len(gaps), 2) * APART * np.ptp(x):
            return _FEWEST
        return _FEWEST_OF_KINDS if len(np.unique(y)) > 2 else _FEWEST_BY_MEASUREMENT
    return _FEWEST_LARGEST if len(gaps) == 1 and gaps[0] > 0 else _FEWEST


def _numbers(feature: Coded, y: np.ndarray) -> Score:
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
            if feature.levels > CLASSES:
                scores += [rank_correlation(mean_of_neighbours(x, y), y), rank_correlation(*along_curve(x, y))]
    return Score(max(scores), 0.0, "rank correlation", rows)
