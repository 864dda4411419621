"""Pruners: which trials are not worth finishing, judged by the validations so far."""

from __future__ import annotations

from optuna.pruners import BasePruner

from mmfusion.training.search.named import Catalogue, Given, build, split

PRUNERS: Catalogue = Catalogue("pruner", "optuna.pruners", {"nop": "none"}, parts={"wrapped_pruner": lambda: PRUNERS})
"""Their steps count a run's validations from 0."""


def build_pruner(given: Given, key: str = "hydra.sweeper.pruner") -> BasePruner:
    """The pruner that a config describes: `median`, or `{name: median, n_startup_trials: 5}`.

    Raises:
        ConfigError: there is none of that name, or it does not take these arguments.
    """
    name, arguments = split(PRUNERS, key, given)
    if name == "patient":
        arguments = {"wrapped_pruner": None, **arguments}  # alone it prunes what has stopped getting better
    pruner: BasePruner = build(PRUNERS, key, {"name": name, **arguments})
    return pruner


def prunes(given: Given, key: str = "hydra.sweeper.pruner") -> bool:
    """Whether it ever prunes."""
    return split(PRUNERS, key, given)[0] != "none"
