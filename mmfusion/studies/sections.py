"""Sections that every conclusion has: the numbers, what they cost, what is missing, and how they were judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import fsum

from mmfusion.report import formatting
from mmfusion.report.compare import compare
from mmfusion.report.costs import COSTS, mean_costs
from mmfusion.report.formatting import many, together
from mmfusion.report.sections._base import Section, Table
from mmfusion.report.sentences import ALPHA
from mmfusion.report.simple_models import not_better, simple_sentences
from mmfusion.report.statistics import FEWEST_SEEDS
from mmfusion.store.run import Run
from mmfusion.studies.results import LeftOut, Results, Variant, by_reason

_SHOWN = [name for name in COSTS if name != "step_seconds"]


def title(results: Results) -> str:
    """The first line of a conclusion."""
    return f"study={results.study}: {many(len(results.variants), 'variant')}, {many(len(results.seeds), 'seed')}"


def numbers(results: Results, order: Sequence[Variant], more: Mapping[str, Mapping[str, str]] | None = None) -> Section:
    """A row a variant: each task's main test metric, seeds, and costs.

    Args:
        results: of the study.
        order: of the rows.
        more: further columns: title to the cells by the variant's name.
    """
    metrics = results.metrics().values()
    head = ["", *(f"{short(metric)} {results.arrow(metric)}" for metric in metrics), *(more or {}), "n"]
    means = {metric: [results.mean(variant, metric) for variant in order] for metric in metrics}
    places = {metric: formatting.decimals(each) for metric, each in means.items()}
    own = [mean_costs(results.of(variant)) for variant in order]
    shown = [name for name in _SHOWN if any(name in each for each in own)]
    rows = []
    for index, variant in enumerate(order):
        cells = [formatting.plus_minus(each[index], places[metric]) for metric, each in means.items()]
        cells += [column.get(variant.name, formatting.NONE) for column in (more or {}).values()]
        cells.append(str(len(results.of(variant))))
        cells += [COSTS[name][1](own[index][name]) if name in own[index] else formatting.NONE for name in shown]
        rows.append([variant.name, *cells])
    head += [COSTS[name][0] for name in shown]
    note = "Test metrics as mean ± 95% interval over n seeds; time, parameters and memory are those of one run."
    same = dict.fromkeys(line for metric in metrics for line in results.same_rows(metric).notes(metric))
    return Section("Numbers", [note, *same], [Table(head, rows)])


def simple(runs: Sequence[Run], metrics: Sequence[str], by: Sequence[str]) -> Section | None:
    """What simple models reach beside the runs, and which are not shown to be better; None if no run knows of any.

    Args:
        runs: of the study.
        metrics: by which they are judged.
        by: the keys that tell variants apart.
    """
    compared = [compare(runs, metric, by) for metric in metrics] if any(run.baselines for run in runs) else []
    lines = [line for each in compared for line in (*simple_sentences(each), *not_better(each))]
    return Section("Simple models", lines) if lines else None


def cost(results: Results) -> Section:
    """What all of it took, and between which variants that of one run lies."""
    spent = fsum(run.seconds or 0.0 for run in results.runs.values())
    lines = [f"All runs together: {formatting.seconds(spent)}."]
    own = {variant.name: mean_costs(results.of(variant)) for variant in results.variants}
    for name, what in zip(_SHOWN, ("Time of one run", "Parameters", "Peak memory"), strict=True):
        shown = COSTS[name][1]
        known = {variant: each[name] for variant, each in own.items() if name in each}
        if not known:
            continue
        least, most = min(known, key=known.__getitem__), max(known, key=known.__getitem__)
        low, high = shown(known[least]), shown(known[most])
        lines.append(f"{what}: {low}." if low == high else f"{what}: {low} ({least}) to {high} ({most}).")
    return Section("Cost", lines)


def jobs(results: Results) -> Section:
    """How many completed, what was left out, and what that means for the rest."""
    planned = len(results.variants) * len(results.seeds)
    broken = results.incomplete()
    lines = [f"{planned - len(broken)} of {planned} jobs completed."]
    lines += left_out_lines(results.left_out)
    lines += [f"{variant.name}, seed {seed}: {why}" for variant, seed, why in broken]
    for variant in results.variants:
        n = len(results.of(variant))
        if n < len(results.seeds):
            what = f"is judged by {n} of {many(len(results.seeds), 'seed')}" if n else "is not judged at all"
            lines.append(f"{variant.name} {what}; tests take the seeds that both sides have.")
    return Section("Jobs", lines)


def left_out_lines(left_out: Sequence[LeftOut]) -> list[str]:
    """A line a reason."""
    reasons = by_reason(left_out).items()
    return [f"{together(who)} {'is' if len(who) == 1 else 'are'} left out: {why}" for why, who in reasons]


def method(tests: int, of: str) -> Section:
    """The rule by which a difference counts as shown.

    Args:
        tests: how many were corrected together.
        of: what was tested.
    """
    if not tests:
        return Section("How this was judged", [f"No test could be made ({of})."])
    rule = (
        f"A difference is shown where the paired t-test over shared seeds has p < {ALPHA:g} after Holm's correction "
        f"for all {many(tests, 'test')} ({of}). Each interval is the 95% interval of its one difference, and d is that "
        "difference in standard deviations over seeds."
    )
    return Section("How this was judged", [rule])


def too_few(results: Results) -> str | None:
    """A sentence where there are not numbers enough to show anything, else None."""
    most = max((len(results.of(variant)) for variant in results.variants), default=0)
    if not most:
        return "Nothing can be said: no job completed."
    if not results.metrics():
        return "Nothing can be said: no run has a test metric. Is there a test split, and trainer.limit_test_batches?"
    if most >= FEWEST_SEEDS:
        return None
    return (
        f"No difference shown: {many(most, 'seed')} cannot show any. A test needs {FEWEST_SEEDS} at the least, and 5 "
        "or more are better (study.seeds=5)."
    )


def short(metric: str) -> str:
    """`test/digit/accuracy` → `digit accuracy`."""
    return metric.removeprefix("test/").replace("/", " ").replace("_", " ")
