"""Two models on the same rows, row by row, from their tables of predictions."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from scipy.special import stdtrit

LEVEL = 0.95  # of intervals


def row_scores(task: str, predictions: pl.DataFrame, truth: pl.Series) -> np.ndarray:
    """Float64 `[N]`, higher is better: minus the absolute error, 1 or 0 for a right or wrong class, share of labels.

    The predictions are as `prediction_table` writes them, `truth` is `<task>_true` of the same rows, none empty.
    """
    predicted = predictions[task]
    if truth.dtype == pl.List:
        labels = [name for name in predictions.columns if name.startswith(f"{task}_p_")]
        true = np.array(truth.to_list(), dtype=np.float64) > 0.5
        return ((predictions.select(labels).to_numpy() > 0.5) == true).mean(1)
    if truth.dtype.is_numeric():
        return -np.abs(predicted.to_numpy().astype(np.float64) - truth.to_numpy().astype(np.float64))
    return (predicted.cast(pl.String) == truth.cast(pl.String)).to_numpy().astype(np.float64)


def against(task: str, predictions: pl.DataFrame, simple: pl.DataFrame) -> dict[str, Any]:
    """How a model does beside a simple one on the labelled rows that both have predicted, as their tables say.

    `difference` is the mean of its scores minus the simple model's, from `low` to `high` its 95% interval over rows
    (paired t), None for fewer than two rows.
    """
    own = predictions.filter(pl.col(f"{task}_true").is_not_null())
    order = own.select("id").join(simple, on="id", how="inner", maintain_order="left")
    own = own.join(simple.select("id"), on="id", how="semi", maintain_order="left")
    truth = own[f"{task}_true"]
    gain = row_scores(task, own, truth) - row_scores(task, order, truth)
    mean = float(gain.mean()) if len(gain) else None
    low = high = None
    if mean is not None and len(gain) > 1:
        half = float(stdtrit(len(gain) - 1, (1 + LEVEL) / 2) * gain.std(ddof=1) / len(gain) ** 0.5)
        low, high = mean - half, mean + half
    return {"rows": len(gain), "difference": mean, "low": low, "high": high}
