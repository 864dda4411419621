"""`study=modalities`: what each modality is worth, and what training with modality dropout does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any, Literal

from mmfusion.config.errors import ConfigError, suggest
from mmfusion.report.formatting import NONE, decimals, joined, p_value, plus_minus
from mmfusion.report.sections._base import Section, SectionTable
from mmfusion.studies._base import TrainedStudy
from mmfusion.studies.common_sections import closing_sections, numbers_section, rule, short, title, too_few
from mmfusion.studies.conclusion import Conclusion
from mmfusion.studies.contrasts import Contrast, Values, amount, contrasts
from mmfusion.studies.results import Groups, Results, Variant

SUBSETS = ("all", "leave_one_out")

Key = tuple[str, str]
"""A modality and a metric."""

Sides = dict[Key, tuple[Values, Values, int]]
Tests = Mapping[Key, Contrast]


class ModalitiesStudy(TrainedStudy):
    """Models of every subset of the modalities; those of several modalities with modality dropout and without.

    Args:
        seeds: see `TrainedStudy`.
        subsets: `all`, or `leave_one_out`: all modalities, and all but one.
        dropout: rate of modality dropout of those trained with it; None trains none with it.
    """

    varies = ("modality.dropout", "modality=dropout")
    by = ("modalities", "modality.dropout")

    def __init__(
        self, seeds: int | Sequence[int], subsets: Literal["all", "leave_one_out"], dropout: float | None
    ) -> None:
        super().__init__(seeds)
        if subsets not in SUBSETS:
            raise ValueError(f"subsets: {subsets!r}: {suggest(subsets, SUBSETS)}")
        if dropout is not None and not 0 < dropout < 1:
            raise ValueError(f"dropout: expected a rate between 0 and 1, or null, found {dropout:g}")
        self.subsets = subsets
        self.dropout = dropout

    def variants(self, config: Mapping[str, Any], known: Groups) -> list[Variant]:
        modalities = list(config["encoder"])
        if len(modalities) < 2:
            have = ", ".join(modalities) or "none"
            raise ConfigError(
                f"study=modalities takes modalities away and needs at least two, and the experiment has {have}; add "
                "one, +encoder/series@encoder.lidar=gru 'data.modalities.lidar={kind: series, column: lidar}' for "
                "example, or take another experiment="
            )
        # A row that has none of the modalities that are left is no reason to fail: all variants are compared on the
        # rows that all of them have.
        refuses = (config["data"].get("loader") or {}).get("rows_without_modality") == "refuse"
        skip = ("data.loader.rows_without_modality=skip",) if refuses else ()
        count = len(modalities)
        sizes = range(1 if self.subsets == "all" else count - 1, count + 1)
        variants = []
        for kept in (chosen for size in sizes for chosen in combinations(modalities, size)):
            gone = (*(f"~encoder.{name}" for name in modalities if name not in kept), *skip)
            name = "+".join(kept)
            variants.append(Variant(name, (*gone, "modality.dropout=0.0"), kept))
            # The only modality of a row is never hidden.
            if self.dropout is not None and len(kept) > 1:
                rate = f"{self.dropout:g}"
                with_it = (*gone, f"modality.dropout={rate}")
                variants.append(Variant(f"{name}, dropout {rate}", with_it, kept, self.dropout))
        return variants

    def conclude(self, results: Results) -> Conclusion:
        questions = (_sides_of_worth(results), _sides_of_missing(results))
        tests = contrasts({(i, *key): sides for i, own in enumerate(questions) for key, sides in own.items()})
        worth, missing = ({key: tests[i, *key] for key in own} for i, own in enumerate(questions))
        few = too_few(results)
        of = "each modality left out, each missing at test with dropout and without; every metric"
        return Conclusion(
            title(results),
            [few] if few else [*_worth_headline(results, worth), *_missing_headline(missing)],
            [
                numbers_section(results, results.variants),
                _worth(results, worth),
                _missing(results, missing),
                *closing_sections(results, rule(tests, of)),
            ],
        )


def _rest(results: Results, name: str) -> tuple[str, ...]:
    return tuple(other for other in results.modalities if other != name)


def _sides_of_worth(results: Results) -> Sides:
    """All modalities against all but one, both trained so, by that one and the metric."""
    whole = results.model(results.modalities)
    less = {name: results.model(_rest(results, name)) for name in results.modalities}
    return {
        (name, metric): (results.values(whole, metric), results.values(variant, metric), results.sign(metric))
        for metric in results.metrics().values()
        for name, variant in less.items()
        if whole is not None and variant is not None
    }


def _worth(results: Results, tests: Tests) -> Section:
    """What each modality gains each metric."""
    lines = []
    for (name, metric), test in tests.items():
        if test.sign:
            verb, turned = ("gains", test) if test.sign > 0 else ("loses", test.turned())
            lines.append(f"{short(metric)} {verb} {turned.says}, by {name} ({results.way(metric)} is better).")
        else:
            lines.append(f"{short(metric)}: no difference shown with or without {name} ({test.says}).")
    if not tests:
        lines.append("Not known: the models of all modalities, or those of all but one, are missing.")
    return Section("What each modality is worth: a model of all against one trained without it", lines)


def _worth_headline(results: Results, tests: Tests) -> list[str]:
    lines = []
    for metric in results.metrics().values():
        own = {name: test for (name, of), test in tests.items() if of == metric}
        shown = {name: test.difference for name, test in own.items() if test.sign and test.difference is not None}
        helping = sorted((name for name in shown if shown[name].mean > 0), key=lambda name: -shown[name].mean)
        hurting = [name for name in shown if shown[name].mean < 0]
        rest = [name for name in own if name not in shown]
        clauses = []
        if helping:
            gains = joined([f"{name} ({amount(shown[name])})" for name in helping])
            clauses.append(f"{gains} {'is' if len(helping) == 1 else 'are'} worth having")
        if hurting:
            clauses.append(f"it is better without {joined(hurting)}")
        if rest:
            clauses.append(f"no difference shown for {joined(rest)}")
        if clauses:
            lines.append(f"By {short(metric)}: {'; '.join(clauses)}.")
    return lines


def _sides_of_missing(results: Results) -> Sides:
    """The model of all with dropout against that without, by the modality missing at test ("" for none) and metric."""
    pair = _with_and_without(results)
    sides: Sides = {}
    for metric in results.metrics().values() if pair else ():
        for gone in ("", *results.modalities):
            a, b = (results.values(variant, _tested(results, metric, gone)) for variant in pair)
            if a and b:
                sides[gone, metric] = (a, b, results.sign(metric))
    return sides


def _with_and_without(results: Results) -> tuple[Variant, ...]:
    """The models of all modalities trained with dropout and without; none unless there are both."""
    dropped, plain = (results.model(results.modalities, has_dropout) for has_dropout in (True, False))
    return () if dropped is None or plain is None else (dropped, plain)


def _tested(results: Results, metric: str, gone: str) -> str:
    """The metric of the test with one modality missing."""
    return metric.replace("test/", f"test[{'+'.join(_rest(results, gone))}]/", 1) if gone else metric


def _missing(results: Results, tests: Tests) -> Section:
    heading = "Does modality dropout help when a modality is missing at test?"
    pair = _with_and_without(results)
    if not pair:
        return Section(heading, ["Not asked: there is no model of all modalities with dropout and without."])
    rows = []
    untested: dict[str, list[str]] = {}
    for (gone, metric), test in tests.items():
        means = [results.mean(variant, _tested(results, metric, gone)) for variant in reversed(pair)]
        cells = [plus_minus(mean, decimals(means)) for mean in means]
        gain = NONE if test.difference is None else amount(test.difference)
        name = f"{short(metric)} without {gone}" if gone else f"{short(metric)} with all"
        rows.append([name, gain, p_value(test.p), _verdict(test), *cells])
        if test.reason:
            untested.setdefault(test.reason, []).append(name)
    head = ["at test", "gain", "p", "dropout", "trained without", f"with dropout {pair[0].dropout:g}"]
    lines = [f"Not tested ({reason}): {', '.join(names)}." for reason, names in untested.items()]
    if not any(gone for gone, _ in tests):
        lines.append("Not known where something is missing: no run was tested so (report.subsets).")
    lines.append("Models of all modalities; a gain above 0 is better with dropout.")
    return Section(heading, lines, [SectionTable(head, rows)] if rows else [])


def _verdict(test: Contrast) -> str:
    return {0: "no difference shown", 1: "helps", -1: "hurts"}[test.sign]


def _missing_headline(tests: Tests) -> list[str]:
    lines = []
    for metric in dict.fromkeys(metric for _, metric in tests):
        sides: dict[str, list[str]] = {}
        for (gone, of), test in tests.items():
            if of == metric:
                sides.setdefault(_verdict(test), []).append(gone or "nothing")
        clauses = [f"{verdict} with {joined(names)} missing" for verdict, names in sides.items()]
        lines.append(f"Modality dropout, by {short(metric)}: {'; '.join(clauses)}.")
    return lines
