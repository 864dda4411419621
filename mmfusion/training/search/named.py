"""Optuna's samplers and pruners by a short name, with their arguments checked before anything is built."""

from __future__ import annotations

import importlib
import inspect
import json
import re
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from optuna.exceptions import ExperimentalWarning

from mmfusion.config.errors import ConfigError, suggest

_PLAIN: Mapping[str, tuple[type, str]] = {
    "int": (int, "a whole number"),
    "float": (float, "a number"),
    "bool": (bool, "true or false"),
    "str": (str, "a string"),
    "None": (type(None), "null"),
    "dict[str, Any]": (dict, "a mapping"),
}
"""What Optuna's annotations may say of an argument that a config can give."""

Given = str | Mapping[str, Any] | None
"""`tpe`, `{name: tpe, n_startup_trials: 5}`, or null for the name `none`."""


@dataclass(frozen=True)
class Catalogue:
    """Optuna's classes of one kind by short names: `SuccessiveHalvingPruner` is the pruner `successive_halving`.

    Attributes:
        kind: sampler, pruner or crossover, with which the classes' names end.
        module: where they are.
        renamed: short name to the one that a config uses; None leaves the class out.
        parts: argument to the catalogue of what it takes, where it takes something with a name in turn.
        instead: argument that is not for this place, to what to do instead.
    """

    kind: str
    module: str
    renamed: Mapping[str, str | None] = field(default_factory=dict)
    parts: Mapping[str, Callable[[], Catalogue]] = field(default_factory=dict)
    instead: Mapping[str, str] = field(default_factory=dict)

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
    """Name and arguments of `tpe`, or of `{name: tpe, n_startup_trials: 5}`; null is the name `none`.

    Raises:
        ConfigError: there is no such name.
    """
    arguments = {str(k): v for k, v in given.items()} if isinstance(given, Mapping) else {"name": given}
    if "name" not in arguments:
        raise ConfigError(f"{key}: expected a name, or a mapping with `name` and arguments; found {dict(arguments)}")
    name = arguments.pop("name")
    name = "none" if name is None else name
    if name not in catalogue.classes:
        raise ConfigError(f"{key}: there is no {catalogue.kind} {name!r}; {suggest(str(name), catalogue.classes)}")
    return str(name), arguments


def build(catalogue: Catalogue, key: str, given: Given, **injected: Any) -> Any:
    """The sampler or pruner that `given` describes.

    Args:
        catalogue: of what.
        key: where it stands in the config.
        given: a name, or a mapping with `name` and arguments.
        injected: arguments that are not for the config to give.

    Raises:
        ConfigError: no such name, no such argument, a wrong type, or a value that Optuna refuses.
    """
    name, arguments = split(catalogue, key, given)
    kind = catalogue.classes[name]
    parameters = inspect.signature(kind).parameters
    for argument, value in arguments.items():
        place = f"{key}.{argument}"
        if argument in catalogue.instead:
            raise ConfigError(f"{place}: {catalogue.instead[argument]}")
        if argument in injected:
            raise ConfigError(f"{place}: is known from the data and not for a config to set")
        if argument not in parameters:
            known = [name for name in parameters if name not in injected]
            raise ConfigError(f"{place}: there is no such key; {suggest(argument, known)}")
        if argument in catalogue.parts:
            arguments[argument] = None if value is None else build(catalogue.parts[argument](), place, value)
        else:
            _check(place, value, parameters[argument].annotation)
    arguments |= {argument: value for argument, value in injected.items() if argument in parameters}
    for argument, parameter in parameters.items():
        if parameter.default is parameter.empty and argument not in arguments:
            raise ConfigError(f"{key}.{argument}: is missing and has no default")
    try:
        with warnings.catch_warnings():
            # Who asks for one by its name knows what it is; Optuna calls many long-standing parts experimental.
            warnings.simplefilter("ignore", ExperimentalWarning)
            return kind(**arguments)
    except (TypeError, ValueError) as error:
        raise ConfigError(f"{key}: {name}: {error}") from error


def _check(key: str, value: Any, annotation: Any) -> None:
    """Refuse a value that is not of the annotated type; numbers may be whole, and are never `true` or `false`."""
    types = str(getattr(annotation, "__name__", annotation)).split(" | ")
    if not set(types) <= set(_PLAIN):
        raise ConfigError(f"{key}: takes a Python object, which a config cannot give")
    own = float if type(value) is int and "float" in types else type(value)
    if own not in [_PLAIN[one][0] for one in types]:
        expected = " or ".join(_PLAIN[one][1] for one in types)
        shown = f"the string {value!r}" if isinstance(value, str) else json.dumps(value)
        raise ConfigError(f"{key}: must be {expected}, found {shown}")
