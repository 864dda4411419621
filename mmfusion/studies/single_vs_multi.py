"""`study=single_vs_multi`: what learning tasks together is worth, and who helps whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

from mmfusion.config.errors import ConfigError
from mmfusion.report.delta import change, delta_m, no_change
from mmfusion.report.formatting import NONE, joined, many, plus_minus
from mmfusion.report.sections._base import Section, SectionTable
from mmfusion.studies._base import TrainedStudy
from mmfusion.studies.common_sections import closing_sections, numbers_section, rule, short, title, too_few
from mmfusion.studies.conclusion import Conclusion
from mmfusion.studies.contrasts import Contrast, Values, against_zero
from mmfusion.studies.results import Groups, Results, Variant

Key = tuple[str, str]
"""A task, and what it was trained with: another task, or ALL; for Δm the task is ALL too."""

ALL = ""
_PLACES = 2


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
            others = [other for other in results.tasks if other != task]
            for other in others if len(others) > 1 else ():  # of two tasks the pair is all there is
                changes[task, other] = _change(results, task, metric, (task, other))
        tests = against_zero({key: values for key, values in changes.items() if values})
        entries = self._entries(results, tests)
        unit = results.known.in_hundredths(metrics.values())
        few, n_tasks = too_few(results), many(len(metrics), "task")
        deltas = {"+".join(results.tasks): percent(tests[ALL, ALL])} if (ALL, ALL) in tests else None
        return Conclusion(
            title(results),
            [few] if few else [_headline(tests, metrics)],
            [
                numbers_section(results, results.variants, {"Δm %": deltas} if deltas else None),
                _together(results, metrics, tests, why),
                *([transfer_section(results.tasks, metrics, entries, unit)] if entries else []),
                *closing_sections(results, rule(tests, f"Δm, {n_tasks} with all, and every entry of the matrix")),
            ],
            transfer_rows(metrics, entries) if entries else (),
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
    terms = watched if isinstance(watched, Mapping) else [watched]
    of = {parts[1] for name in terms if len(parts := str(name).split("/")) == 3}
    if of and not of & set(kept):
        gone += ["callbacks.monitor.metric=val/loss", "callbacks.monitor.mode=auto"]
    return tuple(gone)


def _values(results: Results, parts: Sequence[str], metric: str) -> Values:
    """Seed to the metric of the models of these tasks."""
    variant = results.model(parts)
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


def transfer_section(
    tasks: Sequence[str], metrics: Mapping[str, str], entries: Mapping[Key, Contrast], unit: str = ""
) -> Section:
    """The matrix: a row a task that is judged, with its metric, a column a task that it was trained with.

    `unit` is what must be added where not all changes are in %.
    """
    rows = []
    for task, metric in metrics.items():
        tests = [entries.get((task, other)) for other in tasks]
        rows.append([short(metric), *(NONE if test is None else percent(test) + "*" * test.is_shown for test in tests)])
    shown = sum(test.is_shown for test in entries.values())
    lines = [
        f"Change of the row's metric in % of what it is alone{unit}, with the column learned too; above 0 is better."
    ]
    if shown:
        lines.append(f"A difference is shown for {shown} of {len(entries)} entries, those with a star.")
    else:
        lines.append(f"No difference shown for any of the {len(entries)} entries.")
    return Section("Transfer between pairs", lines, [SectionTable(["", *(f"with {task}" for task in tasks)], rows)])


def transfer_rows(metrics: Mapping[str, str], entries: Mapping[Key, Contrast]) -> list[list[object]]:
    """`transfer.csv`: a line an entry, the head first; an empty cell is not known."""
    lines: list[list[object]] = [["task", "with", "metric", "change_percent", "low", "high", "n", "p_holm"]]
    for (task, other), test in entries.items():
        if (gain := test.difference) is not None:
            lines.append([task, other, metrics[task], gain.mean, *gain.ends, test.n, test.p])
    return lines


def percent(test: Contrast) -> str:
    """`+3.10 ± 1.21`."""
    if test.difference is None:
        return NONE
    return f"{'+' if test.difference.mean > 0 else ''}{plus_minus(test.difference, _PLACES)}"
