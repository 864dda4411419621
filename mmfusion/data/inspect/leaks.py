"""Which single column alone predicts a target suspiciously well.

Every predictor here is fitted on one half of the rows and scored on the other, so that a column which is different in
every row (an id, a free text) does not look as if it knew anything.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from mmfusion.data.inspect.profile import numeric
from mmfusion.data.manifest.delimited import Cells

LEAST_ROWS = 20
"""Scored rows below which nothing is suspicious: a few are predicted well by chance."""

_BINS = 64
_UNSEEN = -1


@dataclass(frozen=True)
class Score:
    """How well one column alone predicts one target on rows it was not fitted on.

    Attributes:
        value: accuracy, or |r| (Pearson) where the target is a number.
        chance: what the commonest class reaches there; 0 for |r|.
        measure: `accuracy` or `|r|`.
        rows: how many rows were scored.
    """

    value: float
    chance: float
    measure: str
    rows: int

    def suspicious(self, threshold: float = 0.99, margin: float = 0.02) -> bool:
        """At least `threshold`, on enough rows, and closer to perfect than the commonest class by `margin`."""
        return self.rows >= LEAST_ROWS and self.value >= threshold and self.value >= self.chance + margin


def alone(feature: Cells, target: Cells, fit: np.ndarray, regression: bool) -> Score:
    """Predict `target` from `feature` and nothing else.

    A class is predicted as the commonest one at the same value (of many numbers: in the same of 64 bins of equal
    count), or the commonest of all at a value not seen. A number is predicted as the mean at the same value; from a
    number also as it is. From a number both are predicted as in the row with the nearest number, too: that finds a
    threshold or a curve among few rows. The best predictor counts. An empty cell is a value like any other, for a hole
    can give a label away too.

    Args:
        feature: `[N]` cells, None where empty.
        target: `[N]` cells; rows without a label count nowhere.
        fit: Bool `[N]`, the rows to fit on; the others are scored.
        regression: the target is a number.
    """
    values, goal = _series(feature), _series(target)
    numbers = numeric(values)
    all_numbers = numbers.null_count() == values.null_count()
    x = numbers.to_numpy().astype(np.float64) if all_numbers else None
    if regression:
        return _regression(_codes(values), x, numeric(goal).to_numpy().astype(np.float64), fit)
    codes = _binned(numbers, fit) if all_numbers and numbers.n_unique() > _BINS else _codes(values)
    labels = _codes(goal)
    known = labels != _UNSEEN
    return _classes(codes[known], None if x is None else x[known], labels[known], fit[known])


def halves(rows: int) -> np.ndarray:
    """Bool `[rows]`, half of them at random (always the same ones): for a table whose split is not known yet."""
    return np.random.default_rng(0).permutation(rows) % 2 == 1


def says_label(texts: Cells, labels: Cells) -> Score:
    """How often a text contains the name of its own label as a word; chance: that of a label drawn from the others.

    Args:
        texts: `[N]` cells.
        labels: `[N]` cells.
    """
    frame = pl.DataFrame({"text": _series(texts), "label": _series(labels).cast(pl.String)}).drop_nulls()
    frame = frame.filter(pl.col("label").str.len_chars() > 2)
    if not len(frame):
        return Score(0.0, 0.0, "accuracy", 0)
    padded = pl.concat_str(
        pl.lit(" "), pl.col("text").str.to_lowercase().str.replace_all(r"[^\pL\pN]+", " "), pl.lit(" ")
    )
    word = pl.concat_str(
        pl.lit(" "), pl.col("label").str.to_lowercase().str.replace_all(r"[^\pL\pN]+", " "), pl.lit(" ")
    )
    shuffled = pl.col("word").shuffle(seed=0)
    frame = frame.select(padded.alias("padded"), word.alias("word")).with_columns(shuffled.alias("other"))
    own, other = (
        float(frame.select(pl.col("padded").str.contains(pl.col(name), literal=True).mean()).item())
        for name in ("word", "other")
    )
    return Score(own, other, "accuracy", len(frame))


def _series(cells: Cells) -> pl.Series:
    if isinstance(cells, pl.Series):
        return cells
    return pl.Series([None if cell is None else str(cell) for cell in cells], dtype=pl.String)


def _codes(values: pl.Series) -> np.ndarray:
    """Int `[N]`, a number for each value; −1 where empty."""
    ranks = values.cast(pl.String).rank("dense")
    return ranks.fill_null(0).to_numpy().astype(np.int64) - 1


def _binned(numbers: pl.Series, fit: np.ndarray) -> np.ndarray:
    values = numbers.to_numpy().astype(np.float64)
    empty = np.isnan(values)
    known = values[fit & ~empty]
    edges = np.unique(np.quantile(known, np.linspace(0, 1, _BINS + 1)[1:-1])) if len(known) else known
    return np.where(empty, _UNSEEN, np.searchsorted(edges, values, side="right"))


def _classes(codes: np.ndarray, numbers: np.ndarray | None, labels: np.ndarray, fit: np.ndarray) -> Score:
    scored = int((~fit).sum())
    if not scored or not fit.any():
        return Score(0.0, 0.0, "accuracy", 0)
    commonest = np.bincount(labels[fit]).argmax()
    seen = pl.DataFrame({"code": codes[fit], "label": labels[fit]}).group_by("code", "label").len()
    best = seen.sort("len", "label", descending=True).unique("code", keep="first", maintain_order=True)
    table = dict(zip(best["code"].to_list(), best["label"].to_list(), strict=True))
    predicted = [np.array([table.get(code, commonest) for code in codes[~fit].tolist()])]
    if numbers is not None:
        predicted.append(_nearest(numbers, labels, fit, predicted[0]))
    right = max(float((each == labels[~fit]).mean()) for each in predicted)
    return Score(right, float((labels[~fit] == commonest).mean()), "accuracy", scored)


def _regression(codes: np.ndarray, numbers: np.ndarray | None, target: np.ndarray, fit: np.ndarray) -> Score:
    known = ~np.isnan(target)
    codes, target, fit = codes[known], target[known], fit[known]
    means = pl.DataFrame({"code": codes[fit], "y": target[fit]}).group_by("code").agg(pl.mean("y"))
    table = dict(zip(means["code"].to_list(), means["y"].to_list(), strict=True))
    overall = target[fit].mean() if fit.any() else 0.0
    predicted = np.array([table.get(code, overall) for code in codes[~fit].tolist()], dtype=np.float64)
    scores = [_correlation(predicted, target[~fit])]
    if numbers is not None:
        x = numbers[known]
        there = ~np.isnan(x)
        scores += [
            _correlation(x[there], target[there]),
            _correlation(_nearest(x, target, fit, predicted), target[~fit]),
        ]
    return max(scores, key=lambda score: score.value)


def _correlation(predicted: np.ndarray, target: np.ndarray) -> Score:
    rows = len(target)
    if rows < 2 or predicted.std() == 0 or target.std() == 0:
        return Score(0.0, 0.0, "|r|", rows)
    return Score(float(abs(np.corrcoef(predicted, target)[0, 1])), 0.0, "|r|", rows)


def _nearest(numbers: np.ndarray, target: np.ndarray, fit: np.ndarray, otherwise: np.ndarray) -> np.ndarray:
    """For each row that is not fitted on, the target of the one with the nearest number that is.

    Args:
        numbers: `[N]`, NaN where empty.
        target: `[N]`.
        fit: Bool `[N]`, the rows to look among; the `S` others are scored.
        otherwise: `[S]`, what is predicted where the number is empty.
    """
    among = fit & ~np.isnan(numbers)
    if not among.any():
        return otherwise
    order = np.argsort(numbers[among], kind="stable")
    x, y, asked = numbers[among][order], target[among][order], numbers[~fit]
    above = np.searchsorted(x, asked).clip(max=len(x) - 1)
    below = (above - 1).clip(min=0)
    near = np.where(np.abs(asked - x[below]) <= np.abs(x[above] - asked), below, above)
    return np.where(np.isnan(asked), otherwise, y[near])
