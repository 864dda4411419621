"""Optuna's samplers and pruners by a short name, with their arguments checked before anything is built."""

from __future__ import annotations

import ast
import importlib
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from optuna.exceptions import ExperimentalWarning

from mmfusion.config.check import report, signature_of
from mmfusion.config.errors import ConfigError, suggest
from mmfusion.config.values import check_names

_OBJECTS = ("Callable", "ndarray", "FrozenTrial")


@dataclass(frozen=True)
class Catalogue:
    """Classes by the names that a config uses.

    Attributes:
        what: they are, for messages.
        module: where they are.
        classes: name to the class's own name.
        parts: argument to the catalogue of what it takes, where it takes something with a name in turn.
        instead: argument that is not for this place, to what to do instead.
    """

    what: str
    module: str
    classes: Mapping[str, str]
    parts: Mapping[str, Callable[[], Catalogue]] = field(default_factory=dict)
    instead: Mapping[str, str] = field(default_factory=dict)


def split(catalogue: Catalogue, key: str, given: str | Mapping[str, Any] | None) -> tuple[str, dict[str, Any]]:
    """Name and arguments of `tpe`, or of `{name: tpe, n_startup_trials: 5}`; null is the name `none`.

    Raises:
        ConfigError: there is no such name.
    """
    if isinstance(given, Mapping):
        arguments = {str(k): v for k, v in given.items()}
        if "name" not in arguments:
            raise ConfigError(f"{key}: expected a name, or a mapping with `name` and arguments; found {dict(given)}")
        name = arguments.pop("name")
    else:
        arguments, name = {}, given
    name = "none" if name is None else name
    if name not in catalogue.classes:
        raise ConfigError(f"{key}: there is no {catalogue.what} {name!r}; {suggest(str(name), catalogue.classes)}")
    return str(name), arguments


def build(catalogue: Catalogue, key: str, given: str | Mapping[str, Any] | None, **injected: Any) -> Any:
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
    found = getattr(importlib.import_module(catalogue.module), catalogue.classes[name])
    signature = signature_of(f"{found.__module__}.{found.__qualname__}")
    assert signature is not None, found
    for argument in arguments:
        if argument in catalogue.instead:
            raise ConfigError(f"{key}.{argument}: {catalogue.instead[argument]}")
        parameter = signature.parameters.get(argument)
        annotation = ast.unparse(parameter.annotation) if parameter and parameter.annotation else ""
        if argument not in catalogue.parts and any(word in annotation for word in _OBJECTS):
            raise ConfigError(f"{key}.{argument}: takes a Python object, which a config cannot give")
    parts = {k: catalogue.parts[k]() for k in arguments if k in catalogue.parts and k in signature.parameters}
    plain = {k: v for k, v in arguments.items() if k not in parts}
    report(list(check_names(key, plain, signature, injected=(*injected, *parts))), lambda _: "")
    for argument, inner in parts.items():
        value = arguments[argument]
        plain[argument] = None if value is None else build(inner, f"{key}.{argument}", value)
    plain |= {k: v for k, v in injected.items() if k in signature.parameters and k not in plain}
    try:
        with warnings.catch_warnings():
            # Who asks for one by its name knows what it is; Optuna calls many long-standing parts experimental.
            warnings.simplefilter("ignore", ExperimentalWarning)
            return found(**plain)
    except (TypeError, ValueError) as error:
        raise ConfigError(f"{key}: {name}: {error}") from error
