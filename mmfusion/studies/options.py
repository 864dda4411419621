"""The options of one group against each other: which fusion, which loss weighting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from statistics import fmean
from typing import Any, ClassVar

import polars as pl

from mmfusion.config.errors import ConfigError, no_option
from mmfusion.report.formatting import decimals, fixed, joined, many, plus_minus
from mmfusion.report.sections._base import Section
from mmfusion.studies._base import TrainedStudy
from mmfusion.studies.common_sections import closing_sections, numbers_section, rule, short, title, too_few
from mmfusion.studies.conclusion import Conclusion
from mmfusion.studies.contrasts import Contrast, contrasts
from mmfusion.studies.results import Groups, Results, Variant

Tests = Mapping[tuple[Variant, Variant, str], Contrast]
"""Two variants and a metric to the test of the first against the second."""


class OptionsStudy(TrainedStudy):
    """A variant for each option of `group`.

    Args:
        seeds: see `TrainedStudy`.
        options: of the group.

    Attributes:
        group: what is varied.
    """

    group: ClassVar[str]

    def __init__(self, seeds: int | Sequence[int], options: Sequence[str]) -> None:
        super().__init__(seeds)
        if len(set(options)) < max(2, len(options)):
            raise ValueError(f"{self.group}: expected at least two different options, found {list(options)}")
        self.options = list(options)

    def variants(self, config: Mapping[str, Any], known: Groups) -> list[Variant]:
        for option in self.options:
            if option not in known[self.group]:
                raise ConfigError(no_option(f"study.{self.group}", self.group, option, known[self.group]))
        return [Variant(option, (f"{self.group}={option}",)) for option in self.options]

    def conclude(self, results: Results) -> Conclusion:
        metrics = list(results.metrics().values())
        tests = contrasts(
            {
                (a, b, metric): (results.values(a, metric), results.values(b, metric), results.sign(metric))
                for metric in metrics
                for a, b in combinations(results.variants, 2)
            }
        )
        ranks = mean_ranks(results, metrics)
        order = sorted(results.variants, key=lambda variant: ranks.get(variant.name, float("inf")))
        ranks_text = {name: fixed(rank, 1) for name, rank in ranks.items()}
        return Conclusion(
            title(results),
            _headline(results, metrics, tests, ranks),
            [
                numbers_section(results, order, {"mean rank": ranks_text} if len(metrics) > 1 else None),
                *(_of_metric(results, metric, tests) for metric in metrics),
                *closing_sections(results, rule(tests, f"every pair of variants, {many(len(metrics), 'metric')}")),
            ],
        )


def mean_ranks(results: Results, metrics: Sequence[str]) -> dict[str, float]:
    """Variant to the mean of its places by each metric's mean, 1 the best; equal means share their places.

    Those that lack a metric have no rank.
    """
    places: dict[str, list[float]] = {variant.name: [] for variant in results.variants}
    for metric in metrics:
        known = {v.name: mean for v in results.variants if (mean := results.mean(v, metric))}
        means = {name: results.sign(metric) * mean.mean for name, mean in known.items()}
        ranks = pl.Series(list(means.values()), dtype=pl.Float64).rank(descending=True)
        for name, rank in zip(means, ranks, strict=True):
            places[name].append(rank)
    return {name: fmean(own) for name, own in places.items() if own and len(own) == len(metrics)}


def _headline(results: Results, metrics: Sequence[str], tests: Tests, ranks: Mapping[str, float]) -> list[str]:
    if few := too_few(results):
        return [few]
    if not any(test.is_shown for test in tests.values()):
        lowest = min((test.p for test in tests.values() if test.p is not None), default=None)
        lowest_p = "" if lowest is None else f" (lowest corrected p: {lowest:.3f})"
        return [f"No difference shown between {joined([variant.name for variant in results.variants])}{lowest_p}."]
    lines = []
    if len(metrics) > 1 and ranks:
        best = min(ranks, key=ranks.__getitem__)
        level = [name for name, rank in ranks.items() if rank == ranks[best]]
        have = "has" if len(level) == 1 else "have"
        lines.append(f"{joined(level)} {have} the best mean rank over {many(len(metrics), 'metric')}.")
    for metric in metrics:
        beaten: dict[str, list[str]] = {}
        for (a, b, of), test in tests.items():
            if of == metric and test.sign:
                winner, loser = (a, b) if test.sign > 0 else (b, a)
                beaten.setdefault(winner.name, []).append(loser.name)
        clauses = [f"{winner} is better than {joined(losers)}" for winner, losers in beaten.items()]
        lines.append(
            f"By {short(metric)}, {'; '.join(clauses)}." if clauses else f"By {short(metric)}, no difference shown."
        )
    return lines


def _of_metric(results: Results, metric: str, tests: Tests) -> Section:
    """The best by a metric, what is better than what and by how much, and where nothing is shown."""
    means = {variant.name: mean for variant in results.variants if (mean := results.mean(variant, metric)) is not None}
    best = max(means, key=lambda name: results.sign(metric) * means[name].mean)
    level = [name for name in means if means[name].mean == means[best].mean]
    mean_text = plus_minus(means[best], decimals([means[best]]))
    if len(level) > 1:
        lines = [f"Best: {joined(level)}, each with a mean of {mean_text.partition(' ±')[0]}."]
    else:
        lines = [f"Best: {best} with {mean_text} (n = {means[best].n})."]
    open_pairs: list[str] = []
    others = 0
    for (a, b, of), test in tests.items():
        if of != metric:
            continue
        is_worse = test.difference is not None and test.difference.mean < 0
        first, second, turned = (b, a, test.turned()) if is_worse else (a, b, test)
        if turned.is_shown:
            lines.append(f"{first.name} is better than {second.name} by {turned.says}.")
        elif best in (a.name, b.name):
            open_pairs.append(f"{first.name} and {second.name} ({turned.says})")
        else:
            others += 1
    if open_pairs:
        lines.append(f"No difference shown between {'; '.join(open_pairs)}.")
    if others:
        lines.append(f"No difference shown in {many(others, 'further pair')}.")
    return Section(f"{short(metric)} ({results.way(metric)} is better)", lines)
