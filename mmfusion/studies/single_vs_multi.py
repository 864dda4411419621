"""`study=single_vs_multi`: what learning tasks together is worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

from mmfusion.config.errors import ConfigError
from mmfusion.report.delta import change, delta_m, no_change
from mmfusion.report.formatting import joined, many
from mmfusion.report.sections._base import Section
from mmfusion.studies import transfer
from mmfusion.studies._base import TrainedStudy
from mmfusion.studies.common_sections import closing_sections, numbers_section, rule, short, title, too_few
from mmfusion.studies.conclusion import Conclusion
from mmfusion.studies.contrasts import Contrast, Values, against_zero
from mmfusion.studies.results import Groups, Results, Variant
from mmfusion.studies.transfer import percent

Key = tuple[str, str]
"""A task, and what it was trained with: another task, or ALL; for Δm the task is ALL too."""

ALL = ""


class SingleVsMultiStudy(TrainedStudy):
    """Each task alone, every pair, all together.

    Args:
        seeds: see `TrainedStudy`.
        pairs: whether pairs are trained, for the transfer matrix.
    """

    by = ("tasks",)

    def __init__(self, seeds: int | Sequence[int], pairs: bool) -> None:
        super().__init__(seeds)
        self.pairs = pairs

    def variants(self, config: Mapping[str, Any], known: Groups) -> list[Variant]:
        tasks = list(config["task"])
        if len(tasks) < 2:
            raise ConfigError(
                "study=single_vs_multi trains tasks alone and together and needs at least two, and the experiment has "
                f"{', '.join(tasks) or 'none'}; add one, +task@task.age=regression for example, or take another "
                "experiment="
            )
        sizes = sorted({1, len(tasks), *([2] if self.pairs else [])})
        subsets = [kept for size in sizes for kept in combinations(tasks, size)]
        return [Variant("+".join(kept), _overrides(kept, config), kept) for kept in subsets]

    def conclude(self, results: Results) -> Conclusion:
        metrics = results.metrics()
        changes: dict[Key, Values] = {}
        changes[ALL, ALL], why = _delta(results, metrics)
        for task, metric in metrics.items():
            changes[task, ALL] = _change(results, task, metric, results.tasks)
            if len(results.tasks) > 2:  # of two tasks the pair is all there is
                changes |= {
                    (task, other): _change(results, task, metric, (task, other))
                    for other in results.tasks
                    if other != task
                }
        tests = against_zero({key: values for key, values in changes.items() if values})
        entries = self._entries(results, tests)
        unit = results.known.in_hundredths(metrics.values())
        few = too_few(results)
        count = sum(test.p is not None for test in tests.values())
        deltas = {"+".join(results.tasks): percent(tests[ALL, ALL])} if (ALL, ALL) in tests else None
        return Conclusion(
            title(results),
            [few] if few else [_headline(tests, metrics)],
            [
                numbers_section(results, results.variants, {"Δm %": deltas} if deltas else None),
                _together(results, metrics, tests, why),
                *([transfer.section(results.tasks, metrics, entries, unit)] if entries else []),
                *closing_sections(
                    results, rule(count, f"Δm, {many(len(metrics), 'task')} with all, and every entry of the matrix")
                ),
            ],
            transfer.rows(metrics, entries) if entries else (),
        )

    def _entries(self, results: Results, tests: Mapping[Key, Contrast]) -> dict[Key, Contrast]:
        """The transfer matrix: the task that is judged and the one that it was trained with, to the change."""
        if not self.pairs:
            return {}
        if len(results.tasks) == 2:
            a, b = results.tasks
            return {(x, y): tests[x, ALL] for x, y in ((a, b), (b, a)) if (x, ALL) in tests}
        return {key: test for key, test in tests.items() if key[1] != ALL}


def _overrides(kept: Sequence[str], config: Mapping[str, Any]) -> tuple[str, ...]:
    """What leaves the other tasks out; the checkpoint is watched by the plain loss where its metric is left out too."""
    gone = [f"~task.{name}" for name in config["task"] if name not in kept]
    watched = (config["callbacks"].get("monitor") or {}).get("metric")
    of = {parts[1] for name in _names(watched) if len(parts := name.split("/")) == 3}
    if of and not of & set(kept):
        gone += ["callbacks.monitor.metric=val/loss", "callbacks.monitor.mode=auto"]
    return tuple(gone)


def _names(watched: Any) -> list[str]:
    return [str(name) for name in watched] if isinstance(watched, Mapping) else [str(watched)]


def _values(results: Results, parts: Sequence[str], metric: str) -> Values:
    """Seed to the metric of the models of these tasks."""
    variant = next((variant for variant in results.variants if set(variant.parts) == set(parts)), None)
    return {} if variant is None else results.values(variant, metric)


def _change(results: Results, task: str, metric: str, parts: Sequence[str]) -> Values:
    """Seed to the change of the task's metric against alone, as `change` tells it; none if it cannot be told."""
    with_others, alone = _values(results, parts, metric), _values(results, (task,), metric)
    facts = results.known.facts(metric)
    if no_change(task, alone.values(), facts):
        return {}
    return {seed: change(with_others[seed], alone[seed], facts) for seed in with_others.keys() & alone.keys()}


def _delta(results: Results, metrics: Mapping[str, str]) -> tuple[Values, str | None]:
    """Seed to Δm of all tasks together; without any, why."""
    if len(metrics) < len(results.tasks):
        return {}, "a task has no test metric"
    facts = {task: results.known.facts(metric) for task, metric in metrics.items()}
    multi = {task: _values(results, results.tasks, metric) for task, metric in metrics.items()}
    single = {task: _values(results, (task,), metric) for task, metric in metrics.items()}
    for task, values in single.items():
        if reason := no_change(task, values.values(), facts[task]):
            return {}, reason
    seeds = [seed for seed in results.seeds if all(seed in own for own in (*multi.values(), *single.values()))]
    at = {seed: [{task: own[seed] for task, own in of.items()} for of in (multi, single)] for seed in seeds}
    deltas = {seed: delta_m(joint, alone, facts) for seed, (joint, alone) in at.items()}
    return deltas, None if deltas else "no seed has all tasks together and each of them alone"


def _headline(tests: Mapping[Key, Contrast], metrics: Mapping[str, str]) -> str:
    test = tests.get((ALL, ALL))
    if test is None:
        return "Δm cannot be told."
    signs = {task: tests[task, ALL].sign for task in metrics if (task, ALL) in tests}
    better, worse = ([task for task, sign in signs.items() if sign == way] for way in (1, -1))
    delta = f"Δm = {percent(test)} %"
    if not test.is_shown:
        sentence = f"No difference shown between learning all tasks together and each alone: {delta} ({test.certainty})"
    else:
        verb = "better" if test.sign > 0 else "worse"
        sentence = f"Learning all tasks together is {verb} than each alone: {delta} ({test.certainty})"
    if better:
        sentence += f"; {joined(better)} gain{'s' if len(better) == 1 else ''} by it"
    if worse:
        sentence += f"; {joined(worse)} lose{'s' if len(worse) == 1 else ''} by it"
    return f"{sentence}."


def _together(results: Results, metrics: Mapping[str, str], tests: Mapping[Key, Contrast], why: str | None) -> Section:
    """Δm, and each task with all the others against alone."""
    lines = []
    if test := tests.get((ALL, ALL)):
        judged = joined([short(metric) for metric in metrics.values()])
        unit = results.known.in_hundredths(metrics.values())
        lines.append(
            f"Δm = {percent(test)} % over {many(test.n, 'seed')} ({test.certainty}), judged by {judged}{unit}."
        )
    else:
        lines.append(f"Δm is not known: {why}.")
    for task, metric in metrics.items():
        test = tests.get((task, ALL))
        if test is None:
            lines.append(f"{task}: not known, alone or with all.")
            continue
        verdict = {
            0: "no difference shown between all tasks and it alone",
            1: "better with all tasks than alone",
            -1: "worse with all tasks than alone",
        }[test.sign]
        lines.append(f"{short(metric)}: {verdict}, {percent(test)} % ({test.certainty}).")
    return Section("All tasks together against each alone", lines)
