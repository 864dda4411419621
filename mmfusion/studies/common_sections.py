"""Sections that every conclusion has: the numbers, what they cost, what is missing, and how they were judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import fsum
from typing import Any

from mmfusion.report.compare import compare
from mmfusion.report.costs import COSTS, mean_costs
from mmfusion.report.formatting import NONE, decimals, joined, many, plus_minus, seconds
from mmfusion.report.sections._base import Section, SectionTable
from mmfusion.report.sentences import ALPHA
from mmfusion.report.simple_models import not_better, simple_sentences
from mmfusion.report.statistics import FEWEST_SEEDS
from mmfusion.store.run import Run
from mmfusion.studies.contrasts import Contrast
from mmfusion.studies.results import Results, Variant

_SHOWN = {"seconds": "Time of one run", "parameters": "Parameters", "memory_bytes": "Peak memory"}


def title(results: Results) -> str:
    """The first line of a conclusion."""
    return f"study={results.study}: {many(len(results.variants), 'variant')}, {many(len(results.seeds), 'seed')}"


def numbers_section(
    results: Results, order: Sequence[Variant], more: Mapping[str, Mapping[str, str]] | None = None
) -> Section:
    """A row a variant in that order: each task's main test metric, seeds, and costs.

    `more` are further columns: title to the cells by the variant's name.
    """
    columns: dict[str, list[str]] = {"": [variant.name for variant in order]}
    metrics = results.metrics().values()
    for metric in metrics:
        means = [results.mean(variant, metric) for variant in order]
        places = decimals(means)
        columns[f"{short(metric)} {results.arrow(metric)}"] = [plus_minus(mean, places) for mean in means]
    for heading, cells in (more or {}).items():
        columns[heading] = [cells.get(variant.name, NONE) for variant in order]
    columns["n"] = [str(len(results.of(variant))) for variant in order]
    costs = [mean_costs(results.of(variant)) for variant in order]
    for name in _SHOWN:
        heading, shown = COSTS[name]
        if any(name in own for own in costs):
            columns[heading] = [shown(own[name]) if name in own else NONE for own in costs]
    note = "Test metrics as mean ± 95% interval over n seeds; time, parameters and memory are those of one run."
    same = dict.fromkeys(line for metric in metrics for line in results.same_rows(metric).notes(metric))
    return Section(
        "Numbers",
        [note, *same],
        [SectionTable(list(columns), [list(row) for row in zip(*columns.values(), strict=True)])],
    )


def simple_models_section(runs: Sequence[Run], metrics: Sequence[str], by: Sequence[str]) -> Section | None:
    """What simple models reach beside runs told apart `by` keys, and which are not shown to be better; None without."""
    comparisons = [compare(runs, metric, by) for metric in metrics] if any(run.baselines for run in runs) else []
    lines = [line for comparison in comparisons for line in (*simple_sentences(comparison), *not_better(comparison))]
    return Section("Simple models", lines) if lines else None


def closing_sections(results: Results, *how: str) -> list[Section]:
    """What every conclusion ends with: what all of it cost, which jobs are missing, and how it was judged."""
    return [_cost(results), _jobs(results), Section("How this was judged", how)]


def _cost(results: Results) -> Section:
    spent = fsum(run.seconds or 0.0 for run in results.runs.values())
    lines = [f"All runs together: {seconds(spent)}."]
    costs = {variant.name: mean_costs(results.of(variant)) for variant in results.variants}
    for name, what in _SHOWN.items():
        known = {variant: own[name] for variant, own in costs.items() if name in own}
        if known:
            least, most = min(known, key=known.__getitem__), max(known, key=known.__getitem__)
            low, high = (COSTS[name][1](known[variant]) for variant in (least, most))
            lines.append(f"{what}: {low}." if low == high else f"{what}: {low} ({least}) to {high} ({most}).")
    return Section("Cost", lines)


def _jobs(results: Results) -> Section:
    planned = len(results.variants) * len(results.seeds)
    incomplete = results.incomplete()
    lines = [f"{planned - len(incomplete)} of {planned} jobs completed."]
    lines += left_out_lines(results.left_out)
    lines += [f"{variant.name}, seed {seed}: {why}" for variant, seed, why in incomplete]
    for variant in results.variants:
        n = len(results.of(variant))
        if n < len(results.seeds):
            what = f"is judged by {n} of {many(len(results.seeds), 'seed')}" if n else "is not judged at all"
            lines.append(f"{variant.name} {what}; tests take the seeds that both sides have.")
    return Section("Jobs", lines)


def left_out_lines(left_out: Mapping[str, Sequence[str]]) -> list[str]:
    """A line a reason."""
    return [f"{joined(who)} {'is' if len(who) == 1 else 'are'} left out: {why}" for why, who in left_out.items()]


def rule(tests: Mapping[Any, Contrast], of: str) -> str:
    """By what rule a difference counts as shown, where these tests (of what) were corrected together."""
    count = sum(test.p is not None for test in tests.values())
    if not count:
        return f"No test could be made ({of})."
    return (
        f"A difference is shown where the paired t-test over shared seeds has p < {ALPHA:g} after Holm's correction "
        f"for all {many(count, 'test')} ({of}). Each interval is the 95% interval of its one difference, and d is that "
        "difference in standard deviations over seeds."
    )


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
