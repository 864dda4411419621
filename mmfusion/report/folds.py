"""Cross-validation: how much folds have in common, and metrics of all folds' predictions together."""

from __future__ import annotations

from collections.abc import Sequence
from math import fsum

from mmfusion.report.runs import Run


def overlap(runs: Sequence[Run]) -> float:
    """Rows held out over rows trained on, the mean of the runs whose rows are in folds; 0 if there are none.

    By so much of their variance the values of folds are correlated, as Nadeau and Bengio estimate it: any two of them
    trained on many of the same rows. Where it is not recorded how many rows those were, K folds give 1/(K − 1).
    """
    inside = [run for run in runs if run.fold is not None]
    ratios = [ratio for run in inside if (ratio := _held_out(run)) is not None]
    if not ratios:
        folds = max((_folds(run, inside) for run in inside), default=0)
        return 1 / (folds - 1) if folds > 1 else 0.0
    return fsum(ratios) / len(ratios)


def _held_out(run: Run) -> float | None:
    # With a column the test is the same for all folds, and the fold is validated.
    held = "test" if run.config["data"]["split"].get("column") is None else "val"
    tested, trained = ((run.rows.get(split) or {}).get("rows") for split in (held, "train"))
    return tested / trained if tested and trained else None


def _folds(run: Run, runs: Sequence[Run]) -> int:
    folds = run.config["data"]["split"]["folds"]
    return folds if isinstance(folds, int) else len({each.fold for each in runs})
