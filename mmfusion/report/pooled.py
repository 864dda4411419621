"""Cross-validation: how much folds have in common, and metrics of all folds' predictions together."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from mmfusion.report.balance import Balance
from mmfusion.report.groups import Grouping
from mmfusion.report.rescored import PredictedRun, over_folds
from mmfusion.store.run import Run


def overlap(runs: Sequence[Run]) -> float:
    """Rows held out over rows trained on, the mean of the runs whose rows are in folds; 0 without two folds.

    By so much of their variance the values of folds are correlated, as Nadeau and Bengio estimate it: any two of them
    trained on many of the same rows. Where it is not recorded how many rows those were, K folds give 1/(K − 1).
    """
    inside = [run for run in runs if run.fold is not None]
    if len({run.fold for run in inside}) < 2:
        return 0.0
    ratios, folds = [], [len({run.fold for run in inside})]
    for run in inside:
        split = run.config["data"]["split"]
        # With a column the test is the same for all folds, and the fold is validated.
        held = "test" if split.get("column") is None else "val"
        tested, trained = ((run.rows.get(name) or {}).get("rows") for name in (held, "train"))
        ratios += [tested / trained] if tested and trained else []
        folds += [split["folds"]] if isinstance(split["folds"], int) else []
    return fmean(ratios) if ratios else 1 / (max(folds) - 1)


def pooled(groups: Grouping, shared: Balance, metric: str) -> tuple[dict[int, float], str | None]:
    """The metric on the union of the folds' test predictions: of AUROC or r2 it is not the mean over folds.

    Over the runs that rows are ranked by, and in each fold over the test rows that all of them have.

    Returns:
        A group's place to the mean over seeds (and over what else was averaged), for a metric of the test with all
        modalities; and why there are none though there could be, else None.
    """
    split, _, rest = metric.partition("/")
    task, _, last = rest.partition("/")
    if not groups.has_folds or split != "test" or not last:
        return {}, None
    parts = []
    for place, group in enumerate(groups.groups):
        for run in group.runs if place not in shared.unranked else ():
            if run.id in shared.values and run.fold is not None:
                if run.config["data"]["split"].get("column") is not None:
                    return {}, None  # every fold is tested on the same rows
                parts.append((place, (run.seed, group.cells[run.id]), PredictedRun.of(run)))
    try:
        metrics = over_folds(tuple(parts), task) if parts else {}
    except ValueError as error:
        return {}, str(error)
    return {place: own[last] for place, own in metrics.items() if last in own}, None
