"""Metrics of runs on the same rows: as recorded where they were scored on the same ones, else computed anew."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmfusion.report.formatting import shortlist
from mmfusion.report.groups import metric_values
from mmfusion.runs.digest import digest
from mmfusion.store.files import PREDICTIONS
from mmfusion.store.run import Run

if TYPE_CHECKING:
    from mmfusion.runs.rescore import Tested

_NAME = re.compile(r"(?P<split>\w+(\[[^\]]*\])?)/((?P<task>[^/]+)/)?(?P<last>[^/]+)")
_LISTED = 6
_MOSTLY = 0.5
"""The share of a run's rows that those of all seeds have at the least where it is not the seed that splits the rows."""


@dataclass(frozen=True)
class SameRows:
    """A metric of runs, comparable between them.

    Attributes:
        values: run's id to the metric.
        unlike: run's id to why it cannot be put beside the others: it was scored on other rows, and nothing can be
            computed anew.
        anew: how many rows `values` were computed anew on, of each set of runs of which that was done.
        is_recorded: whether it is known which rows the runs were scored on; else only that as many were, at the most.
    """

    values: dict[str, float]
    unlike: dict[str, str] = field(default_factory=dict)
    anew: list[int] = field(default_factory=list)
    is_recorded: bool = True

    def notes(self, metric: str, but: Collection[str] = ()) -> list[str]:
        """What must be known of them, a sentence each.

        Args:
            metric: its name.
            but: ids of runs that it is said of elsewhere why they are left out.
        """
        found = []
        if self.anew:
            least, most = min(self.anew), max(self.anew)
            rows = f"the {least} test rows" if least == most else f"the {least} to {most} test rows of each set of runs"
            found.append(f"{metric} was computed anew on {rows} that all have a prediction and a label for.")
        reasons: defaultdict[str, list[str]] = defaultdict(list)
        for run, why in self.unlike.items():
            if run not in but:
                reasons[why].append(run)
        for why, runs in reasons.items():
            found.append(f"{metric}: not compared, {shortlist(runs, _LISTED)}; {why}.")
        if not self.is_recorded:
            found.append("Which rows were scored is not recorded by some of these runs (of an earlier mmfusion).")
        return found


def same_rows(runs: Sequence[Run], metric: str) -> SameRows:
    """The metric of completed runs on the rows that all of them have a prediction and a label for.

    Runs of one fold are compared with each other; so are runs of one seed where the seed says which rows are tested.

    Args:
        runs: to be compared.
        metric: a metric's whole name.
    """
    stored = metric_values(runs, metric)
    by_fold: defaultdict[int | None, list[Run]] = defaultdict(list)
    for run in runs:
        if run.id in stored:
            by_fold[run.fold].append(run)
    found = SameRows(dict(stored))
    recorded = []
    for inside in by_fold.values():
        scored, is_recorded = _scored(inside, metric)
        recorded.append(is_recorded)
        by_seed = _by_seed(inside)
        if len(set(scored.values())) > 1 and any(len({scored[r.id] for r in own}) > 1 for own in by_seed):
            _compute(inside, metric, scored, found)
    return SameRows(found.values, found.unlike, found.anew, all(recorded))


def scored_on(run: Run, metric: str) -> Hashable:
    """A digest of the rows that the run's metric was computed on; None if it is not recorded."""
    parts = _NAME.fullmatch(metric)
    record = run.rows.get(parts["split"]) if parts else None
    labels = record.get("labels") if isinstance(record, dict) else None
    if parts is None or not isinstance(labels, dict):
        return None
    if parts["task"] is None:  # the sum over tasks: of what each of them was scored on
        return tuple(sorted((str(task), str(each[1])) for task, each in labels.items()))
    return str(labels[parts["task"]][1]) if parts["task"] in labels else None


def _scored(runs: Sequence[Run], metric: str) -> tuple[dict[str, Hashable], bool]:
    """Run's id to which rows it was scored on, told in one way for all, and whether it is more than their number."""
    found = {run.id: scored_on(run, metric) for run in runs}
    if None not in found.values() or len(set(found.values()) - {None}) > 1:
        return found, True  # where rows differ, a run that says nothing of its own may not be put beside any
    parts = _NAME.fullmatch(metric)
    if parts and parts["split"] == "test" and parts["task"]:
        kept = {run.id: _predicted(run.path / PREDICTIONS, parts["task"]) for run in runs}
        if None not in kept.values():
            return dict(kept), True
    counts = {run.id: _count(run, parts["split"], parts["task"]) if parts else None for run in runs}
    known = {count for count in counts.values() if count is not None}
    if None in counts.values() and len(known) < 2:
        return dict.fromkeys(counts), not known  # nothing says that they differ
    return dict(counts), False


def _count(run: Run, split: str, task: str | None) -> float | None:
    """How many rows with a label of the task the run was scored on."""
    for name in (f"{split}/{task}/labels", f"{split}/rows"):
        for numbers in (run.metrics, run.validation):
            if name in numbers:
                return numbers[name]
    return None


def _predicted(path: Path, task: str) -> str | None:
    """A digest of the rows of `predictions.parquet` with a label of the task; None where it cannot be read."""
    try:
        stat = path.stat()
    except OSError:
        return None
    return _digest(path, task, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=10_000)
def _digest(path: Path, task: str, *_: int) -> str | None:
    import polars as pl  # only runs of an earlier mmfusion come here

    try:
        table = pl.read_parquet(path, columns=["id", f"{task}_true"]).drop_nulls(f"{task}_true")
    except (pl.exceptions.PolarsError, OSError):
        return None
    return digest(f"{id}\0{true}" for id, true in table.iter_rows())


def _by_seed(runs: Sequence[Run]) -> list[list[Run]]:
    found: defaultdict[Hashable, list[Run]] = defaultdict(list)
    for run in runs:
        found[run.id if run.seed is None else run.seed].append(run)
    return list(found.values())


def _compute(runs: Sequence[Run], metric: str, scored: Mapping[str, Hashable], found: SameRows) -> None:
    """Put runs that were scored on different rows on the same ones, or say of `found` why that cannot be."""
    parts = _NAME.fullmatch(metric)
    if parts is None or parts["split"] != "test" or parts["task"] is None:
        why = "predictions are kept of the test with all of a run's modalities, task by task"
        _keep_most(runs, scored, found, f"{metric} cannot be computed anew: {why}")
        return
    if len(tables := {run.table for run in runs if run.table is not None}) > 1:
        _keep_most(runs, scored, found, f"the tables of these runs are {len(tables)} different ones")
        return
    anew = _anew(tuple(map(source_of, runs)), parts["task"])
    for run in runs:
        value = anew.metrics.get(run.path, {}).get(parts["last"])
        if value is not None:
            found.values[run.id] = value
            continue
        why = anew.faults.get(run.path) or f"from its predictions {metric} does not come out as it was recorded"
        found.unlike[run.id] = f"it was tested on other rows, and {why}"
        del found.values[run.id]
    found.anew.extend(anew.rows if any(run.id in found.values for run in runs) else [])


def _keep_most(runs: Sequence[Run], scored: Mapping[str, Hashable], found: SameRows, why: str) -> None:
    """Keep the runs of the rows that most runs were scored on; none if no such rows are ahead."""
    counted = Counter(scored[run.id] for run in runs).most_common(2)
    kept = counted[0][0] if counted[0][1] > counted[1][1] else object()
    for run in runs:
        if scored[run.id] != kept:
            found.unlike[run.id] = f"it was scored on other rows, and {why}"
            del found.values[run.id]


@dataclass(frozen=True)
class Source:
    """A run and the state of its predictions, which is what an answer is kept by."""

    path: Path
    stamp: Hashable
    run: Run = field(compare=False)


@dataclass
class _Anew:
    """By the run's folder its metrics on the same rows, by their last names, or why it has none; how many rows."""

    metrics: dict[Path, dict[str, float]] = field(default_factory=dict)
    faults: dict[Path, str] = field(default_factory=dict)
    rows: list[int] = field(default_factory=list)


def source_of(run: Run) -> Source:
    """The run with its predictions as they are now."""
    try:
        stat = (run.path / PREDICTIONS).stat()
    except OSError:
        return Source(run.path, None, run)
    return Source(run.path, (stat.st_mtime_ns, stat.st_size), run)


@lru_cache(maxsize=32)
def _anew(sources: tuple[Source, ...], task: str) -> _Anew:
    """All metrics of a task on the rows that all of the runs have."""
    from mmfusion.runs.rescore import RescoreError, read_tested, rescore  # torch takes seconds

    found = _Anew()
    tested: dict[Path, Tested] = {}
    for source in sources:
        try:
            tested[source.path] = read_tested(source.path, source.run.config, task)
        except RescoreError as error:
            found.faults[source.path] = str(error)
    runs = [source.run for source in sources if source.path in tested]
    for inside, shared in _shared(runs, tested):
        first = tested[inside[0].path].labels
        for run in inside:
            own, prefix = tested[run.path], f"test/{task}/"
            recorded = {n.removeprefix(prefix): x for n, x in run.metrics.items() if n.startswith(prefix)}
            if not shared:
                found.faults[run.path] = "no row was tested by all of these runs"
            elif not all(_equal(first[id], own.labels[id]) for id in shared):
                found.faults[run.path] = "the same ids have other labels in it"
            else:
                found.metrics[run.path] = rescore(own, shared, recorded)
        found.rows += [len(shared)] if shared else []
    return found


def _shared(runs: Sequence[Run], tested: Mapping[Path, Tested]) -> list[tuple[list[Run], list[str]]]:
    """The rows that all of the runs have; where the seed splits the rows, those of each seed."""

    def rows(inside: Sequence[Run]) -> list[str]:
        return sorted(set.intersection(*(set(tested[run.path].ids) for run in inside)))

    if not runs:
        return []
    whole = rows(runs)
    if len(whole) >= _MOSTLY * min(len(tested[run.path].ids) for run in runs):
        return [(list(runs), whole)]
    return [(inside, rows(inside)) for inside in _by_seed(runs)]


def _equal(a: Any, b: Any) -> bool:
    return a == b or (isinstance(a, float) and isinstance(b, float) and math.isclose(a, b, rel_tol=1e-6))
