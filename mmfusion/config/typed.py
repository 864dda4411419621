"""Errors that show without composing anything, and so are answered before Hydra is imported: in what was typed, and in
a person's own file of an experiment.

Whatever this cannot be sure of, it lets pass: the check of the composed config sees everything. What both see, both
say in the same words (a test holds them to that).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmfusion.config.check import Problem, report, signature_of
from mmfusion.config.code import find
from mmfusion.config.errors import ConfigError, no_option
from mmfusion.config.fit import HANDLED, Choice, lineage, meant, node_at
from mmfusion.config.instantiate import check_allowed, is_allowed
from mmfusion.config.names import KIND_ARGUMENTS, SECTIONS
from mmfusion.config.origin import Origin, header
from mmfusion.config.override import parse_overrides
from mmfusion.config.signature import Signature, is_dataclass, read_signature
from mmfusion.config.slots import SLOTS
from mmfusion.config.values import check_names, mismatches

Groups = Mapping[str, Mapping[str, Path]]

# At which depth a key names a component.
_COMPONENTS = {
    "data": 1,
    "fusion": 1,
    "sharing": 1,
    "loss_weighting": 1,
    "optimizer": 1,
    "scheduler": 1,
    "study": 1,
    "encoder": 2,
    "task": 2,
}
_UNSURE = object()


def refuse_typed(overrides: Sequence[str], known: Groups, primary: Path) -> None:
    """Refuse an unknown option of a group, an unknown key, and a plain value of the wrong type.

    Files that come with mmfusion are not looked into.

    Args:
        overrides: as typed.
        known: group to its options and their files.
        primary: the top-level file.

    Raises:
        ConfigError: see `mmfusion.config.check.check`.
    """
    typed = _Typed(overrides, known, primary)
    problems: list[Problem] = []
    for override in parse_overrides(overrides):
        key, value, group = override.name, override.value, override.group
        if value is None or override.sign == "~":
            continue
        if group in known:
            if re.fullmatch(r"[\w-]+", value) and value != "null" and value not in known[group]:
                raise ConfigError(no_option(override.text, group, value, known[group]))
        elif key.endswith("._target_"):
            problems += _refused(key.removesuffix("._target_"), value)
        elif re.fullmatch(r"[\w.]+", key) and not key.startswith("hydra."):
            problems += typed.problems(key.split("."), _plain(value))
    chosen = {path.parent.name: path.stem for path in reversed(typed.experiments())}
    report(problems or list(typed.in_files()), Origin(overrides, chosen, known, primary))


def problems_of(key: str, value: Any, overrides: Sequence[str], known: Groups, primary: Path) -> list[Problem]:
    """What is wrong with a value of a key, beside these overrides; nothing where that cannot be told."""
    return list(_Typed(overrides, known, primary).problems(key.split("."), value))


def _refused(key: str, target: str) -> list[Problem]:
    try:
        check_allowed(target, key)
    except ConfigError as error:
        return [(key, str(error).removeprefix(f"{key}: "))]
    return []


@dataclass(frozen=True)
class _Level:
    """What may stand below one key: a signature, names that somebody else reads, names that the builder passes."""

    signature: Signature
    handled: tuple[str, ...]
    injected: tuple[str, ...]


class _Typed:
    """Looks up what a typed key belongs to, from the overrides and the files that they choose."""

    def __init__(self, overrides: Sequence[str], known: Groups, primary: Path) -> None:
        self.overrides = overrides
        self.known = known
        self.primary = primary

    def in_files(self) -> Iterator[Problem]:
        """What is wrong in a person's own files of experiments, where nothing typed speaks of the same part."""
        names = [each.key for each in parse_overrides(self.overrides)]
        for path in self.experiments():
            if path.is_relative_to(self.primary.parent) or header(path) != "_global_":
                continue
            for words, value in _leaves(next(lineage(path, self.known))):
                key = ".".join(words)
                if words[0] not in ("defaults", "hydra") and not any(f"{key}.".startswith(f"{n}.") for n in names):
                    yield from self.problems(words, value)

    def problems(self, words: Sequence[str], given: Any) -> Iterator[Problem]:
        """What is wrong with `words` (a key) or with its value, if that is a plain one."""
        for depth, word in enumerate(words):
            prefix, place = ".".join(words[:depth]), ".".join(words[: depth + 1])
            if _COMPONENTS.get(prefix) == depth + 1:
                continue  # below `encoder` and `task` a person gives the names
            level = self._level(prefix)
            if level is None:
                return
            parameter = level.signature.parameters.get(word)
            if prefix == "callbacks" and parameter is None and (depth + 1 < len(words) or given is _UNSURE):
                return  # of a callback that was added, perhaps
            if word in level.injected or (parameter is None and word not in level.handled):
                found = check_names(prefix, {word: None}, level.signature, level.handled, level.injected)
                yield from (problem for problem in found if problem[0] == place)
                return
            value = given if depth == len(words) - 1 else _UNSURE
            if parameter is not None and value is not _UNSURE:
                yield from mismatches(place, value, parameter.annotation, parameter.module)

    def _level(self, place: str) -> _Level | None:
        """What may stand below a key; None if it cannot be told without composing."""
        words = place.split(".")
        if _COMPONENTS.get(words[0]) == len(words):
            return self._component(place)
        if place == "":
            found = signature_of("mmfusion.config.schema.Config")
        else:
            found = signature_of(SECTIONS[place]) if place in SECTIONS else self._dataclass(words)
        return _Level(found, (), ()) if found else None

    def _component(self, place: str) -> _Level | None:
        target = self._target(place)
        found = signature_of(target) if target and is_allowed(target, place) else None
        if found is None:
            return None
        slot = place.split(".")[0]
        injected = SLOTS[slot].injected
        if slot == "encoder":
            injected = KIND_ARGUMENTS.get(str(found.attributes.get("kind")), ())
        return _Level(found, HANDLED.get(slot, ()), injected)

    def _dataclass(self, words: Sequence[str]) -> Signature | None:
        above = self._level(".".join(words[:-1]))
        parameter = above.signature.parameters.get(words[-1]) if above else None
        if parameter is None or not isinstance(parameter.annotation, ast.Name):
            return None
        definition = find(parameter.module, parameter.annotation.id)
        return read_signature(definition) if definition and is_dataclass(definition.node) else None

    def _target(self, package: str) -> str | None:
        """The `_target_` of the option that fills a package."""
        documents = [doc for path in self.experiments() for doc in lineage(path, self.known)]
        if any("_target_" in (node_at(document, package) or {}) for document in documents):
            return None
        choice = self._choice(package)
        path = self.known.get(choice[0], {}).get(choice[1]) if choice else None
        return next(lineage(path, self.known)).get("_target_") if path else None

    def _choice(self, package: str) -> Choice | None:
        for override in reversed(parse_overrides(self.overrides)):
            touches = override.key == package
            if (override.sign == "~" and touches) or override.name == f"{package}._target_":
                return None
            if touches and override.group in self.known:
                return override.group, str(override.value)
        for path in (*self.experiments(), self.primary):
            if choice := meant(path, package, self.known):
                return choice
        return None

    def experiments(self) -> list[Path]:
        """The files of `debug` and `experiment` that the overrides or the defaults choose, the last composed first."""
        files = []
        for group in ("debug", "experiment"):
            default = meant(self.primary, group, self.known)
            option = default[1] if default else ""
            for override in parse_overrides(self.overrides):
                if override.name == group:
                    option = override.value or ""
            if option in self.known.get(group, {}):
                files.append(self.known[group][option])
        return files


def _leaves(node: Mapping[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """The keys of a file that hold no further keys, with their values where OmegaConf would read the same."""
    for name, value in node.items():
        words = (*above, str(name))
        if not re.fullmatch(r"[\w-]+", str(name)):
            continue
        if isinstance(value, dict) and value:
            yield from _leaves(value, words)
        elif isinstance(value, str):
            is_word = re.fullmatch(r"[A-Za-z_][A-Za-z_-]*", value) and not isinstance(_plain(value), bool | None)
            yield words, _plain(value) if is_word else _UNSURE
        else:
            yield words, _UNSURE if isinstance(value, dict | list) else value


def _plain(text: str) -> Any:
    """The value that Hydra would read, if it is a plain number or word."""
    if re.fullmatch(r"[+-]?\d+", text):
        return int(text)
    if re.fullmatch(r"[+-]?(\d+\.\d*|\.\d+|\d+(?=[eE]))([eE][+-]?\d+)?", text):
        return float(text)
    if text.lower() in ("true", "false", "null"):
        return {"true": True, "false": False, "null": None}[text.lower()]
    if re.fullmatch(r"[A-Za-z_][\w-]*", text) and text.lower() not in ("nan", "inf"):
        return text
    return _UNSURE
