"""Fewer points of a curve, with every peak, every gap and both ends still there."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

BUDGET = 3_000_000
"""Points that all curves of a page may hold together; about 12 bytes each in the file."""
CAPS = (2000, 1000, 500, 250, 120, 60)
"""Points a curve; steps, so that one run more does not change every other run's curves."""
DRAWN = 1e-3
"""Share of a curve's range that nobody sees."""


@dataclass(frozen=True)
class Curve:
    """A curve as it is drawn: some of the `logged` points, in order; a value that is not finite is a gap.

    `mean_x` and `mean_y` are the mean of each bucket, for smoothing, which extremes alone would pull about; None where
    every point is there.
    """

    x: Floats
    y: Floats
    mean_x: Floats | None
    mean_y: Floats | None
    logged: int


def cap(series: int) -> int:
    """How many points each of so many curves may hold."""
    return next((most for most in CAPS if most * series <= BUDGET), CAPS[-1])


def downsample(x: Floats, y: Floats, most: int) -> Curve:
    """At most `most` points: first, last, and of each bucket of equal length its smallest, its largest and one gap.

    A curve that never changes needs no more than its ends. `x` `[N]` rises, `y` `[N]` may hold nan and inf; `most` is 8
    at the least.
    """
    logged = len(x)
    if logged > 2 and bool((y == y[0]).all()):
        return Curve(x[[0, -1]], y[[0, -1]], None, None, logged)
    if logged <= most:
        return Curve(x, y, None, None, logged)
    finite = np.isfinite(y)
    buckets = (most - 2) // (2 if finite.all() else 3)
    edges = np.linspace(0, logged, buckets + 1).astype(np.intp)
    starts, sizes = edges[:-1], np.diff(edges)
    counts = np.add.reduceat(finite, starts, dtype=np.int64)
    sums = np.add.reduceat(np.where(finite, y, 0.0), starts)
    means = np.divide(sums, counts, out=np.full(buckets, np.nan), where=counts > 0)
    # One row a bucket; what is past a bucket's end repeats its last point, which changes neither extreme nor gap.
    index = np.minimum(starts[:, None] + np.arange(sizes.max()), edges[1:, None] - 1)
    values, known, rows = y[index], finite[index], np.arange(buckets)
    low = index[rows, np.where(known, values, np.inf).argmin(1)]
    high = index[rows, np.where(known, values, -np.inf).argmax(1)]
    gap = index[rows, (~known).argmax(1)][~known.all(1)]
    some = known.any(1)
    kept = np.unique(np.concatenate([[0, logged - 1], low[some], high[some], gap]))
    return Curve(x[kept], y[kept], np.add.reduceat(x, starts) / sizes, means, logged)


def encode(values: Sequence[float] | Floats) -> str:
    """Numbers as text for the page: `f` and float32 in base64, or `d` and float64 where float32 would not do."""
    wide = np.asarray(values, dtype="<f8")
    with np.errstate(over="ignore"):
        narrow = wide.astype("<f4")
    back = narrow.astype("<f8")
    whole = wide == np.floor(wide)
    finite = np.isfinite(wide)
    lost = (finite & ~np.isfinite(back)) | (whole & (wide != back))
    known = wide[finite]
    # A large number that hardly changes would be drawn in steps.
    steps = known.size > 0 and bool((np.abs(known - back[finite]) > DRAWN * np.ptp(known)).any()) and np.ptp(known) > 0
    chosen, mark = (wide, "d") if lost.any() or steps else (narrow, "f")
    return mark + base64.b64encode(chosen.tobytes()).decode("ascii")
