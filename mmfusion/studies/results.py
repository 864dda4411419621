"""What a study's jobs came to, by variant and seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import product
from typing import Any

from mmfusion.report.run_metrics import RunMetrics
from mmfusion.report.same_rows import SameRows, same_rows
from mmfusion.report.statistics import Interval, interval
from mmfusion.store.run import Run

Groups = Mapping[str, Mapping[str, Any]]
"""A group of configs to its options."""


@dataclass(frozen=True)
class Variant:
    """What is trained, once with each seed.

    Attributes:
        overrides: what the study adds to the command's own, beside the seed.
        parts: the modalities or tasks it is trained with, in a study of these.
        dropout: the rate of modality dropout, in a study of that.
    """

    name: str
    overrides: tuple[str, ...]
    parts: tuple[str, ...] = ()
    dropout: float = 0.0


def seed_list(seeds: int | Sequence[int]) -> list[int]:
    """Seeds one by one; ValueError for none, a negative one, or one twice."""
    if isinstance(seeds, int):
        if seeds < 1:
            raise ValueError(f"seeds: expected at least 1, found {seeds}")
        return list(range(seeds))
    several = list(seeds)
    if not several or min(several) < 0 or len(set(several)) < len(several):
        raise ValueError(f"seeds: expected a number, or a list of different seeds from 0 on, found {several}")
    return several


@dataclass(frozen=True)
class Results:
    """The numbers of the preset `study`.

    Attributes:
        left_out: why variants cannot be trained here, to their names.
        runs: variant's name and seed to the run, as far as there is one.
    """

    study: str
    variants: Sequence[Variant]
    left_out: Mapping[str, Sequence[str]]
    seeds: Sequence[int]
    runs: Mapping[tuple[str, int], Run]
    modalities: Sequence[str]
    tasks: Sequence[str]
    _same: dict[str, SameRows] = field(default_factory=dict, repr=False, compare=False)

    @property
    def completed(self) -> list[Run]:
        return [run for run in self.runs.values() if run.status == "completed"]

    def of(self, variant: Variant) -> list[Run]:
        """The variant's completed runs."""
        runs = (self.runs.get((variant.name, seed)) for seed in self.seeds)
        return [run for run in runs if run is not None and run.status == "completed"]

    def model(self, parts: Sequence[str], has_dropout: bool = False) -> Variant | None:
        """The variant trained with these modalities or tasks, with modality dropout or without."""
        own = (variant for variant in self.variants if set(variant.parts) == set(parts))
        return next((variant for variant in own if bool(variant.dropout) == has_dropout), None)

    def incomplete(self) -> list[tuple[Variant, int, str]]:
        """Variant, seed and why, of each job that did not complete."""
        jobs = []
        for variant, seed in product(self.variants, self.seeds):
            run = self.runs.get((variant.name, seed))
            if run is None:
                jobs.append((variant, seed, "it has not been started"))
            elif run.status != "completed":
                jobs.append((variant, seed, f"{run.status}: {run.reason}"))
        return jobs

    @cached_property
    def known(self) -> RunMetrics:
        """What the completed runs know of their metrics."""
        return RunMetrics(self.completed)

    def sign(self, metric: str) -> int:
        """1 where more of the metric is better, else −1."""
        return -1 if self.known.lower(metric) else 1

    def way(self, metric: str) -> str:
        """`higher` or `lower`, whichever is better; "" where nobody knows."""
        return {"max": "higher", "min": "lower", None: ""}[self.known.facts(metric).direction]

    def arrow(self, metric: str) -> str:
        """↑ or ↓, whichever way is better."""
        return {"max": "↑", "min": "↓", None: ""}[self.known.facts(metric).direction]

    def metrics(self) -> dict[str, str]:
        """Task to its main test metric, for those that were tested."""
        return {task: metric for task in self.tasks if (metric := self.known.main(task)) is not None}

    def values(self, variant: Variant, metric: str) -> dict[int, float]:
        """Seed to the metric of the variant's completed run, on the rows that all variants were tested on."""
        values = self.same_rows(metric).values
        return {seed: values[name] for seed in self.seeds if (name := _named(variant.name, seed)) in values}

    def same_rows(self, metric: str) -> SameRows:
        """The metric of all completed runs, by `<variant>, seed <seed>`, on the same rows."""
        if metric not in self._same:
            runs = [replace(run, id=_named(*key)) for key, run in self.runs.items() if run.status == "completed"]
            self._same[metric] = same_rows(runs, metric)
        return self._same[metric]

    def mean(self, variant: Variant, metric: str) -> Interval | None:
        """Over seeds; None without one."""
        values = list(self.values(variant, metric).values())
        return interval(values) if values else None


def _named(variant: str, seed: int) -> str:
    return f"{variant}, seed {seed}"
