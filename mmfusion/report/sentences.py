"""What a comparison says, in sentences chosen by rule."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from mmfusion.report.compare import Comparison
from mmfusion.report.formatting import brief, decimals, label, many, plus_minus, short_keys, shortlist, sureness
from mmfusion.report.groups import replicate
from mmfusion.store.find import not_begun
from mmfusion.store.run import Run

ALPHA = 0.05
_LISTED, _NAMED = 6, 3
_AHEAD = " (which is ahead on the seeds that both have)"


def conclusion(comparison: Comparison) -> str:
    """One or two sentences: what is best, against what that is shown, against what it is not, and what is untested."""
    rows = comparison.ranked
    if comparison.metric is None or not any(row.score for row in comparison.rows):
        return "Nothing to rank: no completed run has a metric."
    if not rows:
        reasons = dict.fromkeys(row.unranked for row in comparison.rows if row.unranked)
        return f"{comparison.metric}: nothing can be ranked; {'; '.join(map(str, reasons))}."
    best, *others = rows
    assert best.score is not None
    one = f"{label(best.group.settings, _LISTED)} with {plus_minus(best.score, decimals([best.score]))}"
    one += f" (n = {best.score.n})"
    if not others:
        return f"{comparison.metric}: {one}; one configuration, so nothing is compared."
    if all(row.score is not None and row.score.n == 1 for row in rows):
        return f"Best by {comparison.metric}: {one}; no row has more than one seed, so nothing is tested."
    better, undecided, worse = "better than", "no difference shown against", "yet over shared seeds it is worse than"
    verdicts: dict[str, list[str]] = {better: [], undecided: [], worse: []}
    untested: defaultdict[str, list[str]] = defaultdict(list)
    for rank, row in enumerate(others, start=2):
        assert row.paired is not None
        # Its settings if they are few; else its place in the table.
        name = brief(row.group.settings) if len(row.group.settings) <= _NAMED else f"number {rank}"
        difference = row.paired.difference
        is_worse = difference is not None and (difference.mean < 0) == comparison.lower
        if row.p is None:
            # Better than the best one where both have a value: the best one lacks the harder seeds.
            is_ahead = difference is not None and difference.mean != 0 and not is_worse
            untested[row.paired.reason or ""].append(name + (_AHEAD if is_ahead else ""))
        else:
            verdict = undecided if row.p >= ALPHA else better if is_worse else worse
            verdicts[verdict].append(f"{name} ({sureness(row.p, row.paired.effect)})")
    parts = [f"Best by {comparison.metric}: {one}"]
    parts += [f"{verdict} {_list(names)}" for verdict, names in verdicts.items() if names]
    parts += [f"not tested against {_list(names)}: {reason}" for reason, names in sorted(untested.items())]
    return "; ".join(parts) + "."


def notes(comparison: Comparison) -> list[str]:
    """What must be known to read the table rightly, a sentence each."""
    lines = []
    rows, values = comparison.ranked, comparison.values
    if len(comparison.by) > _LISTED:
        lines.append(f"{len(comparison.by)} keys differ; --by fusion,lr groups by fewer.")
    completed = [run for run in comparison.runs if run.status == "completed" and run.config]
    if missing := [run.id for run in completed if run.id not in values]:
        lines.append(f"{many(len(missing), 'completed run')} without {comparison.metric}: {_list(missing)}.")
    if comparison.within and rows:
        lines.append(f"Within a row, {_list(list(short_keys(comparison.within).values()))} was averaged, seed by seed.")
    aside = [run.id for row in comparison.rows if row.unranked is not None for run in row.group.runs]
    lines += comparison.balance.rows.notes(comparison.metric or "", aside)
    if left_out := comparison.balance.left_out:
        lines.append(
            f"Ranked by the {many(comparison.balance.shared or 0, 'combination')} of {comparison.balance.combined} "
            f"that every ranked row has; {many(len(left_out), 'run')} left out of it: {_list(left_out)}."
        )
    reasons: defaultdict[str, list[str]] = defaultdict(list)
    for row in comparison.rows:
        if row.unranked is not None:
            reasons[row.unranked].append(brief(row.group.settings) or row.label)
    lines += [f"Not ranked: {_list(names)}; {reason}." for reason, names in reasons.items()]
    if not comparison.within:
        seeds = [[replicate(run) for run in row.group.runs if run.id in values] for row in rows]
        if repeated := sum(len(own) - len(set(own)) for own in seeds):
            lines.append(f"{many(repeated, 'run')} repeated a seed of the same configuration; such runs count as one.")
        if len(set(map(frozenset, seeds))) > 1:
            lines.append("The rows do not have the same seeds; a test takes those that both sides have.")
    over = "folds" if comparison.overlap else "seeds"
    if any(row.paired and row.paired.effect is not None for row in rows):
        lines.append(f"d: the difference from the best in standard deviations over {over}.")
    if comparison.overlap:
        lines.append(
            "n counts folds, each the mean over its seeds. Folds share training rows: intervals and tests are those of "
            f"the corrected resampled t-test (Nadeau and Bengio, 2003), with {comparison.overlap:.3g} rows held out "
            "for each row trained on."
        )
    if any(row.pooled is not None for row in rows):
        lines.append("pooled: the metric of the predictions of all folds together, the mean over seeds.")
    if comparison.unpooled is not None:
        lines.append(f"No pooled values: {comparison.unpooled}.")
    if unknown := [run.id for run in completed if run.id in values and run.seed is None]:
        lines.append(f"{many(len(unknown), 'run')} without a known seed, paired with no other: {_list(unknown)}.")
    if any(row.delta for row in rows):
        judged = ", ".join(sorted(comparison.deltas.metrics.values()))
        other = "; for some of them of other seeds" if comparison.deltas.other_seeds else ""
        lines.append(
            f"Δm: mean gain of {judged} over single-task runs of the same configuration{comparison.deltas.unit}{other}."
        )
    if comparison.deltas.reason is not None:
        lines.append(f"No Δm for some: {comparison.deltas.reason}.")
    return lines


def unfinished(runs: Sequence[Run]) -> str | None:
    """How many runs are under way, pruned or have not begun; None if there are none."""
    counted = Counter(run.status for run in runs)
    parts = [f"{counted[status]} {status}" for status in ("running", "pruned") if counted[status]]
    parts += [f"{n} of {planned} jobs of {sweep.name} not begun" for sweep, n, planned in not_begun(runs)]
    return f"Not ranked: {', '.join(parts)}." if parts else None


def failures(runs: Sequence[Run]) -> list[tuple[Run, str]]:
    """Runs that failed, were stopped or have no result, each with the first line of why."""
    return [(run, run.reason) for run in runs if run.status in ("failed", "stopped", "missing")]


def _list(names: Sequence[str]) -> str:
    return shortlist(names, _LISTED if len(names) <= _LISTED else _LISTED - 1)
