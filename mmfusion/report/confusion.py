"""Confusion and calibration of a run's tasks, from the test split's predictions."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mmfusion.runs.confusion_counts import confusion_counts

BINS = 15
"""Of equal width, as in the metric `calibration_error`."""


def read_predictions(path: Path) -> dict[str, dict[str, Any]]:
    """What `summarise` finds in a file; nothing if there is none. ValueError if it is damaged."""
    try:
        return summarise(pl.read_parquet(path))
    except FileNotFoundError:
        return {}
    except (pl.exceptions.PolarsError, OSError) as error:
        raise ValueError(f"{path} cannot be read: {' '.join(str(error).split())}") from None


def summarise(table: pl.DataFrame) -> dict[str, dict[str, Any]]:
    """Task to counts, for tasks with classes; sums, so that those of several runs can be added.

    `classes`, `counts` (true by predicted; of the most frequent classes, `of` says how many there are), `rows`,
    `right`, and `bins` `[15, 3]`: rows, sum of what was promised, sum of what came true. What is promised is the
    predicted class's probability, for yes or no that of yes, for several labels each label's. The table is one that
    `runs/prediction_table.py` writes.
    """
    tasks = [name.removesuffix("_true") for name in table.columns if name.endswith("_true")]
    tasks = [name for name in tasks if name in table.columns]
    found: dict[str, dict[str, Any]] = {}
    for task in tasks:
        seen = table.filter(pl.col(f"{task}_true").is_not_null())
        others = {other + suffix for other in tasks if other != task for suffix in ("", "_true")}
        probabilities = [c for c in table.columns if c.startswith(f"{task}_p_") and c not in others]
        kind = seen[f"{task}_true"].dtype
        if len(seen) and kind == pl.String:
            found[task] = _classes(seen, task, probabilities)
        elif len(seen) and isinstance(kind, pl.List | pl.Array) and probabilities:
            found[task] = _labels(seen, task, probabilities)
    return found


def _classes(seen: pl.DataFrame, task: str, probabilities: Sequence[str]) -> dict[str, Any]:
    """A task with one class a row."""
    true, predicted = seen[f"{task}_true"].to_list(), seen[task].cast(pl.String).to_list()
    right = np.array([t == p for t, p in zip(true, predicted, strict=True)])
    named = [column.removeprefix(f"{task}_p_") for column in probabilities]
    entry: dict[str, Any] = _confusion(true, predicted, named) | {"rows": len(seen), "right": int(right.sum())}
    if f"{task}_p" in seen.columns and f"{task}_p_true" not in seen.columns:
        entry |= {"promise": "confidence", "bins": reliability(_numbers(seen, [f"{task}_p"]), right)}
    elif len(probabilities) == 1:
        yes = np.array([t == named[0] for t in true])
        entry |= {"promise": f"probability of {named[0]}", "bins": reliability(_numbers(seen, probabilities), yes)}
    return entry


def _labels(seen: pl.DataFrame, task: str, probabilities: Sequence[str]) -> dict[str, Any]:
    """A task with several yes or no a row."""
    true = np.array(seen[f"{task}_true"].to_list(), dtype=np.float64)
    if true.shape != (len(seen), len(probabilities)):
        return {}
    bins = reliability(_numbers(seen, probabilities), true.ravel() > 0.5)
    return {"rows": len(seen), "promise": "probability of each label", "bins": bins}


def _confusion(true: Sequence[str], predicted: Sequence[str], named: Sequence[str]) -> dict[str, Any]:
    present = sorted({*true, *predicted} - {None})
    # A binary task names its positive class alone: no first, as the task has it.
    classes = list(named) if len(named) > 1 else [*(name for name in present if name not in named), *named]
    classes += [name for name in present if name not in classes]
    kept, counts = confusion_counts(true, predicted, classes)
    return {"classes": kept, "of": len(classes), "counts": counts.tolist()}


def reliability(promised: NDArray[np.float64], came: NDArray[np.bool_]) -> list[list[float]]:
    """`[15, 3]`: of each bin of the promised probability the rows, the sum promised, the sum that came true."""
    promised = promised.ravel()
    known = np.isfinite(promised)
    promised, came = promised[known], came.ravel()[known]
    at = np.clip((promised * BINS).astype(np.intp), 0, BINS - 1)
    sums = [np.bincount(at, weights, BINS) for weights in (None, promised, came.astype(np.float64))]
    return [[int(rows), round(float(total), 4), int(true)] for rows, total, true in zip(*sums, strict=True)]


def _numbers(seen: pl.DataFrame, columns: Sequence[str]) -> NDArray[np.float64]:
    return seen.select(pl.col(columns).cast(pl.Float64, strict=False).fill_null(float("nan"))).to_numpy()
