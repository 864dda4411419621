"""Test metrics of runs computed anew from their predictions: on the rows that all have, or over folds together."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any

from mmfusion.runs.digest import digest
from mmfusion.store.files import PREDICTIONS, file_state
from mmfusion.store.run import Run

if TYPE_CHECKING:
    from mmfusion.runs.rescore import Tested

_MOSTLY = 0.5
"""The share of a run's rows that those of all seeds have at the least where it is not the seed that splits the rows."""


@dataclass(frozen=True)
class PredictedRun:
    """A run and the state of its predictions, which is what an answer is kept by."""

    path: Path
    state: Hashable
    run: Run = field(compare=False)

    @classmethod
    def of(cls, run: Run) -> PredictedRun:
        return cls(run.path, file_state(run.path / PREDICTIONS), run)


@lru_cache(maxsize=32)
def on_shared_rows(
    runs: tuple[PredictedRun, ...], task: str
) -> tuple[dict[Path, dict[str, float]], dict[Path, str], list[int]]:
    """All metrics of a task on the rows that all of the runs have; where the seed splits the rows, those of a seed.

    By the run's folder its metrics, by their last names, or why it has none; and how many rows they are of.
    """
    from mmfusion.runs.rescore import rescore  # torch takes seconds

    tested, faults = _read(runs, task)
    metrics: dict[Path, dict[str, float]] = {}
    rows: list[int] = []
    known = [run.run for run in runs if run.path in tested]
    groups = [known] if known else []
    if known and len(_shared(known, tested)) < _MOSTLY * min(len(tested[run.path].ids) for run in known):
        groups = runs_by_seed(known)
    for inside in groups:
        shared = _shared(inside, tested)
        first = tested[inside[0].path].labels
        for run in inside:
            own, prefix = tested[run.path], f"test/{task}/"
            if not shared:
                faults[run.path] = "no row was tested by all of these runs"
            elif not all(_equal(first[id], own.labels[id]) for id in shared):
                faults[run.path] = "the same ids have other labels in it"
            else:
                recorded = {n.removeprefix(prefix): x for n, x in run.metrics.items() if n.startswith(prefix)}
                metrics[run.path] = rescore(own, shared, recorded)
        rows += [len(shared)] if shared else []
    return metrics, faults, rows


@lru_cache(maxsize=32)
def over_folds(parts: tuple[tuple[int, Hashable, PredictedRun], ...], task: str) -> dict[int, dict[str, float]]:
    """A row's place to its metrics, by their last names: of the predictions of all folds, the mean over repetitions.

    Of each run, `parts` has its row's place and which repetition of the row it is (seed and cell). ValueError says why
    there can be none.
    """
    from mmfusion.runs.rescore import score  # torch takes seconds

    tested, faults = _read([run for _, _, run in parts], task)
    for _, _, run in parts:
        if run.path in faults:
            raise ValueError(f"{run.run.id}: {faults[run.path]}")
    ids: dict[int | None, set[str]] = {}
    for _, _, run in parts:
        own = set(tested[run.path].labels)
        ids[run.run.fold] = ids.get(run.run.fold, own) & own
    unions: defaultdict[tuple[int, Hashable], dict[int | None, Tested]] = defaultdict(dict)
    for place, repeat, run in parts:
        if shared := ids[run.run.fold]:
            unions[place, repeat].setdefault(run.run.fold, tested[run.path].on(sorted(shared)))
    scores: defaultdict[int, list[dict[str, float]]] = defaultdict(list)
    for (place, _), folds in unions.items():
        scores[place].append(score(list(folds.values())))
    return {
        place: {name: fmean(metrics[name] for metrics in own) for name in set.intersection(*map(set, own))}
        for place, own in scores.items()
    }


@lru_cache(maxsize=10_000)
def rows_digest(run: PredictedRun, task: str) -> str | None:
    """A digest of the rows of the predictions with a label of the task; None where it cannot be told."""
    import polars as pl  # only runs of an earlier mmfusion come here

    try:
        table = pl.read_parquet(run.path / PREDICTIONS, columns=["id", f"{task}_true"]).drop_nulls(f"{task}_true")
    except (pl.exceptions.PolarsError, OSError):
        return None
    return digest(f"{id}\0{true}" for id, true in table.iter_rows())


def runs_by_seed(runs: Sequence[Run]) -> list[list[Run]]:
    """The runs of each seed; one without a seed stands for itself."""
    groups: defaultdict[Hashable, list[Run]] = defaultdict(list)
    for run in runs:
        groups[run.id if run.seed is None else run.seed].append(run)
    return list(groups.values())


def _read(runs: Iterable[PredictedRun], task: str) -> tuple[dict[Path, Tested], dict[Path, str]]:
    """A run's folder to the task as it was tested there, or to why that cannot be read."""
    from mmfusion.runs.rescore import RescoreError, read_tested

    tested, faults = {}, {}
    for run in runs:
        try:
            tested[run.path] = read_tested(run.path, run.run.config, task)
        except RescoreError as error:
            faults[run.path] = str(error)
    return tested, faults


def _shared(runs: Sequence[Run], tested: dict[Path, Tested]) -> list[str]:
    return sorted(set.intersection(*(set(tested[run.path].ids) for run in runs)))


def _equal(a: Any, b: Any) -> bool:
    return a == b or (isinstance(a, float) and isinstance(b, float) and math.isclose(a, b, rel_tol=1e-6))
