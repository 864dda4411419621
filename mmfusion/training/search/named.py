"""Optuna's samplers and pruners by a short name, with their arguments checked before anything is built.

A pruner says which trials are not worth finishing, by a run's validations so far, which are its steps 0, 1, 2 …
"""

from __future__ import annotations

import importlib
import inspect
import re
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from optuna.exceptions import ExperimentalWarning
from optuna.pruners import BasePruner

from mmfusion.config.errors import ConfigError, suggest
from mmfusion.config.json_schema import component_schema
from mmfusion.config.mismatches import mismatches, report

Given = str | Mapping[str, Any] | None
"""`tpe`, `{name: tpe, n_startup_trials: 5}`, or null for the name `none`."""


@dataclass(frozen=True)
class Catalogue:
    """Optuna's classes of one kind by short names: `SuccessiveHalvingPruner` is the pruner `successive_halving`."""

    kind: str  # sampler, pruner or crossover, with which the classes' names end
    module: str
    renamed: Mapping[str, str | None] = field(default_factory=dict)  # to a config's name; None leaves the class out
    parts: Mapping[str, Callable[[], Catalogue]] = field(default_factory=dict)  # of arguments that have names in turn
    instead: Mapping[str, str] = field(default_factory=dict)  # of an argument that is not for this place: what to do

    @cached_property
    def classes(self) -> dict[str, type]:
        """The classes by the names that a config uses."""
        named: dict[str, type] = {}
        for name, value in vars(importlib.import_module(self.module)).items():
            stem = name.removesuffix(self.kind.capitalize())
            if stem == name or not inspect.isclass(value) or inspect.isabstract(value):
                continue
            short = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", stem).lower()
            if (own := self.renamed.get(short, short)) is not None:
                named[own] = value
        return named


def split(catalogue: Catalogue, key: str, given: Given) -> tuple[str, dict[str, Any]]:
    """Name and arguments of what `given` describes; ConfigError where there is no such name."""
    arguments = {str(k): v for k, v in given.items()} if isinstance(given, Mapping) else {"name": given}
    if "name" not in arguments:
        raise ConfigError(f"{key}: expected a name, or a mapping with `name` and arguments; found {dict(arguments)}")
    name = arguments.pop("name")
    name = "none" if name is None else name
    if name not in catalogue.classes:
        raise ConfigError(f"{key}: there is no {catalogue.kind} {name!r}; {suggest(str(name), catalogue.classes)}")
    return str(name), arguments


def build(catalogue: Catalogue, key: str, given: Given, **injected: Any) -> Any:
    """The sampler or pruner that `given` describes, with `injected` arguments that are not for the config to give.

    ConfigError where there is no such name or argument, at a wrong type, and where Optuna refuses a value.
    """
    name, arguments = split(catalogue, key, given)
    kind = catalogue.classes[name]
    schema = component_schema(kind, "", injected)
    for argument in arguments:
        node = schema["properties"].get(argument, {"type": ""})
        if argument in catalogue.instead:
            raise ConfigError(f"{key}.{argument}: {catalogue.instead[argument]}")
        if argument not in catalogue.parts and not all("type" in option for option in node.get("anyOf", [node])):
            raise ConfigError(f"{key}.{argument}: takes a Python object, which a config cannot give")
    report(mismatches(key, arguments, schema))
    for argument in [name for name in catalogue.parts if arguments.get(name) is not None]:
        arguments[argument] = build(catalogue.parts[argument](), f"{key}.{argument}", arguments[argument])
    arguments |= {argument: injected[argument] for argument in schema["x-injected"]}
    try:
        with warnings.catch_warnings():
            # Who asks for one by its name knows what it is; Optuna calls many long-standing parts experimental.
            warnings.simplefilter("ignore", ExperimentalWarning)
            return kind(**arguments)
    except (TypeError, ValueError) as error:
        raise ConfigError(f"{key}: {name}: {error}") from error


PRUNERS: Catalogue = Catalogue("pruner", "optuna.pruners", {"nop": "none"}, parts={"wrapped_pruner": lambda: PRUNERS})


def build_pruner(given: Given, key: str = "hydra.sweeper.pruner") -> BasePruner:
    """The pruner that a config describes; ConfigError as `build`."""
    name, arguments = split(PRUNERS, key, given)
    if name == "patient":
        arguments = {"wrapped_pruner": None, **arguments}  # alone it prunes what has stopped getting better
    pruner: BasePruner = build(PRUNERS, key, {"name": name, **arguments})
    return pruner


def prunes(given: Given, key: str = "hydra.sweeper.pruner") -> bool:
    """Whether it ever prunes."""
    return split(PRUNERS, key, given)[0] != "none"
