"""Samplers: which values to try next."""

from __future__ import annotations

import hashlib
import random
import secrets
from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

from optuna.samplers import BaseSampler, RandomSampler

from mmfusion.config.errors import ConfigError
from mmfusion.sweeps.search.space import MOST, Space
from mmfusion.training.search.named import Catalogue, Given, build, split

KEY = "hydra.sweeper.sampler"

CROSSOVERS = Catalogue("crossover", "optuna.samplers.nsgaii")

SAMPLERS: Catalogue = Catalogue(
    "sampler",
    "optuna.samplers",
    {"cma_es": "cmaes", "partial_fixed": None},
    parts={"independent_sampler": lambda: SAMPLERS, "crossover": lambda: CROSSOVERS},
    instead={
        "seed": "set hydra.sweeper.seed",
        "search_space": "is hydra.sweeper.space and what the command line sweeps",
    },
)

FINITE = ("grid", "brute_force")
"""Try each combination once. Optuna's own never try again what failed, and repeat others in the place of what was lost
when a process was killed; so `Sampling` lists the combinations itself, and the two names mean the same."""

_SEQUENCES = ("qmc", "cmaes")  # their trials are members of one sequence, which the seed chooses
_PARTIAL = ("gp", "cmaes", "qmc")  # leave to another sampler what they cannot draw themselves


class Sampling:
    """Makes the sampler of each trial.

    A sampler that draws is made anew for each trial, seeded by `seed` and how many trials have drawn before. So a
    search that was interrupted, or that several processes work on, does not draw the same values again, as one seed for
    each process would.

    Without a seed it draws differently each time. A name that there is not, arguments that the sampler does not take,
    and a space that it cannot search are refused.

    Attributes:
        every: all combinations in the order in which they are tried; None unless the sampler tries all.

    Raises:
        ConfigError: there is no such sampler, it does not take these arguments, or cannot search this space.
        ModuleNotFoundError: it needs a package that is not installed; says how to install it.
    """

    def __init__(self, given: Given, seed: int | None, space: Space, objectives: int) -> None:
        self.name, _ = split(SAMPLERS, KEY, given)
        self.given, self.seed, self.space = given, seed, space
        self._one = secrets.randbelow(2**32) if seed is None else seed
        if self.name == "cmaes" and find_spec("cmaes") is None:
            raise ModuleNotFoundError(f"{KEY}=cmaes needs cmaes: pip install 'mmfusion[cmaes]'")
        if objectives > 1 and self.name == "cmaes":
            raise ConfigError(f"{KEY}: {self.name} searches for one objective; with several take tpe, nsgaii or gp")
        self.every = self._combinations() if self.name in FINITE else None
        self.of(0)

    def of(self, number: int) -> BaseSampler:
        """The sampler of the trial before which so many have drawn."""
        own = self._seed(number)
        if self.name in FINITE:
            return RandomSampler(seed=own)  # has nothing to do
        injected: dict[str, Any] = {"seed": self._one if self.name in _SEQUENCES else own}
        if self.name in _PARTIAL:
            injected["independent_sampler"] = RandomSampler(seed=own)
            injected["warn_independent_sampling"] = False  # `aside` says it once, and not for each trial
        sampler: BaseSampler = build(SAMPLERS, KEY, self.given, **_not_given(self.given, injected))
        return sampler

    def aside(self) -> list[str]:
        """Keys that this sampler leaves to another, which draws at random unless the config says otherwise."""
        if self.name not in _PARTIAL:
            return []
        choices = self.name != "gp"
        return [e.name for e in self.space.entries if e.when or (choices and e.values.options)]

    def _seed(self, number: int) -> int | None:
        if self.seed is None:
            return None
        return int.from_bytes(hashlib.sha256(f"{self.seed} {number}".encode()).digest()[:4], "big")

    def _combinations(self) -> list[dict[str, Any]]:
        arguments = split(SAMPLERS, KEY, self.given)[1]
        if arguments:
            raise ConfigError(f"{KEY}.{next(iter(arguments))}: {self.name} takes no arguments")
        for entry in self.space.entries:
            if entry.values.every() is None:
                raise ConfigError(f"{KEY}: {self.name} needs steps: {entry.name}={entry.text} has no end of values")
        points = self.space.every()
        if points is None:
            raise ConfigError(f"{KEY}: {self.name} would have to try more than {MOST} combinations")
        random.Random(self.seed).shuffle(points)  # what is tried first should not all be alike
        return points


def _not_given(given: Given, injected: Mapping[str, Any]) -> dict[str, Any]:
    """Without what the config gives itself and may; the seed it may not."""
    chosen = given if isinstance(given, Mapping) else {}
    return {k: v for k, v in injected.items() if k not in chosen or k in SAMPLERS.instead}
