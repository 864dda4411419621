"""Cross-validation: how much folds have in common, and metrics of all folds' predictions together."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from math import fsum
from pathlib import Path
from typing import TYPE_CHECKING

from mmfusion.report.balance import Balance
from mmfusion.report.groups import Grouping
from mmfusion.report.same_rows import Source, source_of
from mmfusion.store.run import Run

if TYPE_CHECKING:
    from mmfusion.runs.rescore import Tested


def overlap(runs: Sequence[Run]) -> float:
    """Rows held out over rows trained on, the mean of the runs whose rows are in folds; 0 without two folds.

    By so much of their variance the values of folds are correlated, as Nadeau and Bengio estimate it: any two of them
    trained on many of the same rows. Where it is not recorded how many rows those were, K folds give 1/(K − 1).
    """
    inside = [run for run in runs if run.fold is not None]
    if len({run.fold for run in inside}) < 2:
        return 0.0
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


@dataclass(frozen=True)
class Pooled:
    """A metric of the predictions of all folds together.

    Attributes:
        values: group's place to the mean over seeds (and over what else was averaged).
        reason: why there are none though rows are in folds; None if there are, or no such could be.
    """

    values: dict[int, float] = field(default_factory=dict)
    reason: str | None = None


def pooled(groups: Grouping, shared: Balance, metric: str) -> Pooled:
    """The metric on the union of the folds' test predictions: of AUROC or r2 it is not the mean over folds.

    Over the runs that rows are ranked by, and in each fold over the test rows that all of them have.

    Args:
        groups: the rows.
        shared: over which of their runs they are ranked.
        metric: its whole name; one of the test with all modalities.
    """
    split, _, rest = metric.partition("/")
    task, _, last = rest.partition("/")
    if not groups.has_folds or split != "test" or not last:
        return Pooled()
    parts = []
    for place, group in enumerate(groups.groups):
        for run in group.runs if place not in shared.unranked else ():
            if run.id in shared.values and run.fold is not None:
                if run.config["data"]["split"].get("column") is not None:
                    return Pooled()  # every fold is tested on the same rows
                parts.append((place, (run.seed, group.cells[run.id]), source_of(run)))
    try:
        found = _pooled(tuple(parts), task) if parts else {}
    except ValueError as error:
        return Pooled(reason=str(error))
    return Pooled({place: own[last] for place, own in found.items() if last in own})


@lru_cache(maxsize=32)
def _pooled(parts: tuple[tuple[int, Hashable, Source], ...], task: str) -> dict[int, dict[str, float]]:
    """Group's place to its metrics, by their last names; ValueError (`RescoreError`) if there can be none."""
    from mmfusion.runs.rescore import RescoreError, read_tested, score  # torch takes seconds

    tested: dict[Path, Tested] = {}
    for _, _, source in parts:
        try:
            tested[source.path] = read_tested(source.path, source.run.config, task)
        except RescoreError as error:
            raise ValueError(f"{source.run.id}: {error}") from None
    ids: dict[int | None, set[str]] = {}
    for _, _, source in parts:
        own = set(tested[source.path].labels)
        ids[source.run.fold] = ids.get(source.run.fold, own) & own
    unions: defaultdict[tuple[int, Hashable], dict[int | None, Tested]] = defaultdict(dict)
    for place, repeat, source in parts:
        fold = source.run.fold
        if ids[fold]:
            unions[place, repeat].setdefault(fold, tested[source.path].on(sorted(ids[fold])))
    values: defaultdict[int, defaultdict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    repeats = Counter(place for place, _ in unions)
    for (place, _), folds in unions.items():
        for name, value in score(list(folds.values())).items():
            values[place][name].append(value)
    return {
        place: {name: fsum(own) / len(own) for name, own in found.items() if len(own) == repeats[place]}
        for place, found in values.items()
    }
