"""Metrics of runs on the same rows: as recorded where they were scored on the same ones, else computed anew."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from mmfusion.report.formatting import shortlist
from mmfusion.report.groups import metric_values
from mmfusion.report.rescored import PredictedRun, on_shared_rows, rows_digest, runs_by_seed
from mmfusion.report.run_metrics import NAME
from mmfusion.store.run import Run

_LISTED = 6


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
        """What must be known of them, a sentence each; of runs in `but` it is said elsewhere why they are left out."""
        sentences = []
        if self.anew:
            least, most = min(self.anew), max(self.anew)
            rows = f"the {least} test rows" if least == most else f"the {least} to {most} test rows of each set of runs"
            sentences.append(f"{metric} was computed anew on {rows} that all have a prediction and a label for.")
        reasons: defaultdict[str, list[str]] = defaultdict(list)
        for run, why in self.unlike.items():
            if run not in but:
                reasons[why].append(run)
        for why, runs in reasons.items():
            sentences.append(f"{metric}: not compared, {shortlist(runs, _LISTED)}; {why}.")
        if not self.is_recorded:
            sentences.append("Which rows were scored is not recorded by some of these runs (of an earlier mmfusion).")
        return sentences


def same_rows(runs: Sequence[Run], metric: str) -> SameRows:
    """The metric of completed runs on the rows that all of them have a prediction and a label for.

    Runs of one fold are compared with each other; so are runs of one seed where the seed says which rows are tested.
    """
    same = SameRows(metric_values(runs, metric))
    by_fold: defaultdict[int | None, list[Run]] = defaultdict(list)
    for run in runs:
        if run.id in same.values:
            by_fold[run.fold].append(run)
    recorded = []
    for inside in by_fold.values():
        scored, is_recorded = _scored(inside, metric)
        recorded.append(is_recorded)
        if any(len({scored[run.id] for run in own}) > 1 for own in runs_by_seed(inside)):
            _compute(inside, metric, scored, same)
    return replace(same, is_recorded=all(recorded))


def scored_on(run: Run, metric: str) -> Hashable:
    """A digest of the rows that the run's metric was computed on; None if it is not recorded."""
    parts = NAME.fullmatch(metric)
    record = run.rows.get(parts["split"]) if parts else None
    labels = record.get("labels") if isinstance(record, dict) else None
    if parts is None or not isinstance(labels, dict):
        return None
    if parts["task"] is None:  # the sum over tasks: of what each of them was scored on
        return tuple(sorted((str(task), str(label[1])) for task, label in labels.items()))
    return str(labels[parts["task"]][1]) if parts["task"] in labels else None


def _scored(runs: Sequence[Run], metric: str) -> tuple[Mapping[str, Hashable], bool]:
    """Run's id to which rows it was scored on, in one way for all, and whether it is more than their number."""
    digests = {run.id: scored_on(run, metric) for run in runs}
    if None not in digests.values() or len(set(digests.values()) - {None}) > 1:
        return digests, True  # where rows differ, a run that says nothing of its own may not be put beside any
    parts = NAME.fullmatch(metric)
    if parts and parts["split"] == "test" and parts["task"]:
        kept = {run.id: rows_digest(PredictedRun.of(run), parts["task"]) for run in runs}
        if None not in kept.values():
            return kept, True
    counts = {run.id: _count(run, parts["split"], parts["task"]) if parts else None for run in runs}
    known = {count for count in counts.values() if count is not None}
    if None in counts.values() and len(known) < 2:
        return dict.fromkeys(counts), not known  # nothing says that they differ
    return counts, False


def _count(run: Run, split: str, task: str | None) -> float | None:
    """How many rows with a label of the task the run was scored on."""
    numbers = run.validation | run.metrics
    return numbers.get(f"{split}/{task}/labels", numbers.get(f"{split}/rows"))


def _compute(runs: Sequence[Run], metric: str, scored: Mapping[str, Hashable], same: SameRows) -> None:
    """Put runs that were scored on different rows on the same ones, or say in `same` why that cannot be."""
    parts = NAME.fullmatch(metric)
    if parts is None or parts["split"] != "test" or parts["task"] is None:
        why = "predictions are kept of the test with all of a run's modalities, task by task"
        _keep_most(runs, scored, same, f"{metric} cannot be computed anew: {why}")
        return
    if len(tables := {run.table for run in runs if run.table is not None}) > 1:
        _keep_most(runs, scored, same, f"the tables of these runs are {len(tables)} different ones")
        return
    metrics, faults, rows = on_shared_rows(tuple(map(PredictedRun.of, runs)), parts["task"])
    for run in runs:
        value = metrics.get(run.path, {}).get(parts["last"])
        if value is not None:
            same.values[run.id] = value
            continue
        why = faults.get(run.path) or f"from its predictions {metric} does not come out as it was recorded"
        same.unlike[run.id] = f"it was tested on other rows, and {why}"
        del same.values[run.id]
    same.anew.extend(rows if any(run.id in same.values for run in runs) else [])


def _keep_most(runs: Sequence[Run], scored: Mapping[str, Hashable], same: SameRows, why: str) -> None:
    """Keep the runs of the rows that most runs were scored on; none if no such rows are ahead."""
    counted = Counter(scored[run.id] for run in runs).most_common(2)
    kept = counted[0][0] if counted[0][1] > counted[1][1] else object()
    for run in runs:
        if scored[run.id] != kept:
            same.unlike[run.id] = f"it was scored on other rows, and {why}"
            del same.values[run.id]
