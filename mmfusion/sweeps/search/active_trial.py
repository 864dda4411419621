"""A trial at work: its jobs, one for each seed, and what they have come to so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import fmean

import optuna

from mmfusion.store.sweep import Job, Sweep

ONLY = ""  # the key of the one job of a trial without seeds


def jobs_of(sweep: Sweep, number: int, overrides: Sequence[str], seeds: Sequence[int] | None) -> dict[str, Job]:
    """A trial's jobs by seed. Without seeds the folder has the trial's number, with k of them the next k numbers."""
    if not seeds:
        return {ONLY: sweep.job(overrides, number)}
    first = number * len(seeds)
    return {str(seed): sweep.job([*overrides, f"seed={seed}"], first + i) for i, seed in enumerate(seeds)}


@dataclass
class ActiveTrial:
    """One trial with its jobs by seed, and why it failed (`error`) or was pruned."""

    handle: optuna.Trial
    overrides: list[str]  # without the seed
    jobs: dict[str, Job]
    held: list[str] = field(default_factory=list)  # seeds that start only if the first is not pruned
    values: dict[str, list[float]] = field(default_factory=dict)  # seed to a number for each objective
    running: set[str] = field(default_factory=set)  # seeds whose jobs have started or wait for a slot
    same: list[int] = field(default_factory=list)  # trials with the same overrides, drawn while this one was at work
    error: str | None = None
    pruned: str | None = None

    @property
    def number(self) -> int:
        return self.handle.number

    @property
    def first(self) -> str:
        """The seed that reports to the pruner."""
        return next(iter(self.jobs))

    @property
    def is_over(self) -> bool:
        return not self.running and (not self.held or self.error is not None or self.pruned is not None)

    def mean(self) -> list[float]:
        """The trial's values: means over the seeds, one for each objective."""
        assert set(self.values) == set(self.jobs), "a trial is judged when all its seeds have ended"
        return [fmean(values) for values in zip(*self.values.values(), strict=True)]
