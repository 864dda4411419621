"""The options of one group against each other: which fusion, which loss weighting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any, ClassVar

from mmfusion.config.errors import ConfigError, no_option
from mmfusion.report.formatting import decimals, fixed, many, plus_minus, together
from mmfusion.report.sections._base import Section
from mmfusion.studies._base import Groups, TrainedStudy
from mmfusion.studies.conclusion import Conclusion
from mmfusion.studies.contrasts import Contrast, contrasts
from mmfusion.studies.results import Results, Variant
from mmfusion.studies.sections import cost, jobs, method, numbers, short, title, too_few

Pair = tuple[Variant, Variant]


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
        pairs = list(combinations(results.variants, 2))
        pairs_by_metric = [(a, b, metric) for metric in metrics for a, b in pairs]
        answers = contrasts(
            [(results.values(a, m), results.values(b, m), results.sign(m)) for a, b, m in pairs_by_metric]
        )
        of = {(a.name, b.name, metric): answer for (a, b, metric), answer in zip(pairs_by_metric, answers, strict=True)}
        ranks = mean_ranks(results, metrics)
        order = sorted(results.variants, key=lambda variant: ranks.get(variant.name, float("inf")))
        ranks_text = {name: fixed(rank, 1) for name, rank in ranks.items()}
        about = [
            _of_metric(results, metric, {(a, b): of[a.name, b.name, metric] for a, b in pairs}) for metric in metrics
        ]
        tests = sum(answer.p is not None for answer in answers)
        return Conclusion(
            title(results),
            _headline(results, metrics, pairs_by_metric, answers, ranks),
            [
                numbers(results, order, {"mean rank": ranks_text} if len(metrics) > 1 else None),
                *about,
                cost(results),
                jobs(results),
                method(tests, f"every pair of variants, {many(len(metrics), 'metric')}"),
            ],
        )


def mean_ranks(results: Results, metrics: Sequence[str]) -> dict[str, float]:
    """Variant to the mean of its places by each metric's mean, 1 the best; equal means share their places.

    Those that lack a metric have no rank.
    """
    places: dict[str, list[float]] = {variant.name: [] for variant in results.variants}
    for metric in metrics:
        means = {
            v.name: results.sign(metric) * mean.mean for v in results.variants if (mean := results.mean(v, metric))
        }
        for name, own in means.items():
            ahead = sum(other > own for other in means.values())
            level = sum(other == own for other in means.values())
            places[name].append(ahead + (level + 1) / 2)
    return {name: sum(each) / len(each) for name, each in places.items() if each and len(each) == len(metrics)}


def _headline(
    results: Results,
    metrics: Sequence[str],
    pairs_by_metric: Sequence[tuple[Variant, Variant, str]],
    answers: Sequence[Contrast],
    ranks: Mapping[str, float],
) -> list[str]:
    if few := too_few(results):
        return [few]
    if not any(answer.is_shown for answer in answers):
        lowest = min((answer.p for answer in answers if answer.p is not None), default=None)
        lowest_p = "" if lowest is None else f" (lowest corrected p: {lowest:.3f})"
        return [f"No difference shown between {together([each.name for each in results.variants])}{lowest_p}."]
    lines = []
    if len(metrics) > 1 and ranks:
        best = min(ranks, key=ranks.__getitem__)
        level = [name for name, rank in ranks.items() if rank == ranks[best]]
        have = "has" if len(level) == 1 else "have"
        lines.append(f"{together(level)} {have} the best mean rank over {many(len(metrics), 'metric')}.")
    for metric in metrics:
        beaten: dict[str, list[str]] = {}
        for (a, b, of), contrast in zip(pairs_by_metric, answers, strict=True):
            if of == metric and contrast.sign:
                winner, loser = (a, b) if contrast.sign > 0 else (b, a)
                beaten.setdefault(winner.name, []).append(loser.name)
        clauses = [f"{winner} is better than {together(losers)}" for winner, losers in beaten.items()]
        lines.append(
            f"By {short(metric)}, {'; '.join(clauses)}." if clauses else f"By {short(metric)}, no difference shown."
        )
    return lines


def _of_metric(results: Results, metric: str, of: Mapping[Pair, Contrast]) -> Section:
    """The best by a metric, what is better than what and by how much, and where nothing is shown."""
    means = {variant.name: mean for variant in results.variants if (mean := results.mean(variant, metric)) is not None}
    best = max(means, key=lambda name: results.sign(metric) * means[name].mean)
    level = [name for name in means if means[name].mean == means[best].mean]
    mean_text = plus_minus(means[best], decimals([means[best]]))
    if len(level) > 1:
        lines = [f"Best: {together(level)}, each with a mean of {mean_text.partition(' ±')[0]}."]
    else:
        lines = [f"Best: {best} with {mean_text} (n = {means[best].n})."]
    open_pairs: list[str] = []
    others = 0
    for (a, b), contrast in of.items():
        turned = contrast.gain is not None and contrast.gain.mean < 0
        first, second, seen = (b, a, contrast.turned()) if turned else (a, b, contrast)
        if seen.is_shown:
            lines.append(f"{first.name} is better than {second.name} by {seen.says}.")
        elif best in (a.name, b.name):
            open_pairs.append(f"{first.name} and {second.name} ({seen.says})")
        else:
            others += 1
    if open_pairs:
        lines.append(f"No difference shown between {'; '.join(open_pairs)}.")
    if others:
        lines.append(f"No difference shown in {many(others, 'further pair')}.")
    return Section(f"{short(metric)} ({results.better(metric)})", lines)
