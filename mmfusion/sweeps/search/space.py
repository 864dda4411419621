"""What a search may set: which keys, which values, and which keys only under a condition."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import optuna
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.errors import HydraException, OverrideParseException
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from mmfusion.config.errors import ConfigError, suggest
from mmfusion.sweeps.search.distribution import FORMS, Values, read_values

SPACE = "hydra.sweeper.space"
_CONDITIONAL = ("space", "when")
MOST = 10_000  # combinations up to which all are tried one by one


@dataclass(frozen=True)
class Condition:
    """Holds where `key` is one of `options`."""

    key: str
    options: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.key}={','.join(self.options)}"


@dataclass(frozen=True)
class Entry:
    """A key as in an override, `+` included, its values as text and understood, and what must hold for it to be set."""

    key: str
    text: str
    values: Values
    when: tuple[Condition, ...] = ()

    @property
    def name(self) -> str:
        """The parameter's name in the study."""
        return self.key.lstrip("+")

    def __str__(self) -> str:
        return self.text + (f" when {' and '.join(map(str, self.when))}" if self.when else "")


class Space:
    """Keys in an order in which each comes after those that its condition names."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self.entries = _ordered(entries)
        self._known = {entry.name: entry for entry in self.entries}

    def ask(self, suggest_value: Callable[[Entry], Any]) -> dict[str, Any]:
        """Name to value for each key whose condition holds, asked one after another."""
        values: dict[str, Any] = {}
        for entry in self.entries:
            if self.holds(entry, values):
                values[entry.name] = suggest_value(entry)
        return values

    def holds(self, entry: Entry, values: Mapping[str, Any]) -> bool:
        """Whether a key is to be set; one that depends on a key that is not set is not either."""
        return all(
            condition.key in values
            and self._known[condition.key].values.typed(values[condition.key]) in condition.options
            for condition in entry.when
        )

    def overrides(self, values: Mapping[str, Any]) -> list[str]:
        return [f"{e.key}={e.values.typed(values[e.name])}" for e in self.entries if e.name in values]

    def every(self) -> list[dict[str, Any]] | None:
        """All combinations; None if they cannot be counted, or are more than `MOST`."""
        points: list[dict[str, Any]] = [{}]
        for entry in self.entries:
            values = entry.values.every()
            if values is None or len(values) > MOST:
                return None
            longer = []
            for point in points:
                longer += [{**point, entry.name: value} for value in values] if self.holds(entry, point) else [point]
                if len(longer) > MOST:
                    return None
            points = longer
        return points


def suggest_with(trial: optuna.Trial) -> Callable[[Entry], Any]:
    """What asks a trial for a key's value."""

    suggesting: dict[type, Callable[..., Any]] = {
        CategoricalDistribution: trial.suggest_categorical,
        IntDistribution: trial.suggest_int,
        FloatDistribution: trial.suggest_float,
    }
    return lambda entry: suggesting[type(entry.values.distribution)](entry.name, **vars(entry.values.distribution))


def build_space(
    typed: Sequence[str], written: Mapping[str, Any] | None, fixed: Callable[[str], str | None]
) -> tuple[Space, list[str]]:
    """The space, and the overrides that are the same in every trial.

    A key of the config's space that the command line gives one value is not searched, and one that it gives several
    is searched there as the command line says.

    Args:
        typed: overrides of the command line, some with several values.
        written: `hydra.sweeper.space`: key to values, or to `{space: values, when: "key=option"}`; may be nested.
        fixed: the value, as text, of a key or group that is not searched; None if there is no such key.

    Raises:
        ConfigError: names the key and what can be written.
    """
    entries: dict[str, Entry] = {}
    base: list[str] = []
    given: set[str] = set()
    for text, override in zip(typed, parse(typed), strict=True):
        key = override.get_key_element()
        given.add(key.lstrip("+~"))
        if override.is_sweep_override():
            key = key.removeprefix("++")
            entries[key.lstrip("+")] = Entry(key, override.get_value_string(), read_values(key, override))
        else:
            base.append(text)
    for key, node in _flat(written or {}):
        if key.lstrip("+") not in given:
            entries[key.lstrip("+")] = _entry(key, node)
    return Space(_with_fixed(list(entries.values()), fixed)), base


def parse(overrides: Sequence[str]) -> list[Override]:
    """Overrides as Hydra reads them."""
    loader = GlobalHydra.instance().config_loader() if GlobalHydra.instance().is_initialized() else None
    return OverridesParser.create(config_loader=loader).parse_overrides(list(overrides))  # glob(*) asks the loader


def _flat(node: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in node.items():
        if isinstance(value, Mapping) and "space" not in value:
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _entry(key: str, node: Any) -> Entry:
    place = f"{SPACE}.{key}"
    when: tuple[Condition, ...] = ()
    if isinstance(node, Mapping):
        unknown = [str(name) for name in node if name not in _CONDITIONAL]
        if unknown:
            raise ConfigError(f"{place}.{unknown[0]}: there is no such key; {suggest(unknown[0], _CONDITIONAL)}")
        when = tuple(_conditions(f"{place}.when", node.get("when")))
        node = node["space"]
    text = _listed(node) if isinstance(node, list | tuple) else str(node)
    try:
        (override,) = parse([f"{key}={text}"])
        if not override.is_sweep_override():
            raise ConfigError(f"{place}: {text!r} is one value and nothing to search; write {FORMS}")
        return Entry(key.removeprefix("++"), text, read_values(place, override), when)
    except OverrideParseException as error:
        lines = str(error).splitlines()
        reason = lines[1] if lines[0].startswith("Error parsing") and len(lines) > 1 else lines[0]
        reason = re.sub(r"^\w+ while evaluating '.*?': ", "", reason)
        raise ConfigError(f"{place}: {text!r} cannot be read ({reason}); write {FORMS}") from error
    except HydraException as error:
        raise ConfigError(f"{place}: {text!r}: {str(error).splitlines()[0]}; write {FORMS}") from error


def _listed(values: Sequence[Any]) -> str:
    """A YAML list in Hydra's syntax, whose `choice()` takes no null."""
    items = [Override._get_value_element_as_str(value) for value in values]
    return ",".join(items) if None in values and len(items) > 1 else f"choice({', '.join(items)})"


def _conditions(place: str, given: Any) -> Iterator[Condition]:
    for text in given if isinstance(given, list | tuple) else [given]:
        key, equals, options = str(text).partition("=")
        names = tuple(option.strip() for option in options.split(",") if option.strip())
        if not isinstance(text, str) or not equals or not key.strip() or not names:
            raise ConfigError(f"{place}: expected key=option or key=one,another, or a list of such; found {text!r}")
        yield Condition(key.strip(), names)


def _with_fixed(entries: Sequence[Entry], fixed: Callable[[str], str | None]) -> list[Entry]:
    """Settle the conditions on keys that are not searched; refuse those that name nothing, or no option of a key."""
    known = {entry.name: entry for entry in entries}
    kept = []
    for entry in entries:
        place = f"{SPACE}.{entry.key}.when"
        rest, holds = [], True
        for condition in entry.when:
            if condition.key in known:
                _check_options(place, condition, known[condition.key])
                rest.append(condition)
                continue
            value = fixed(condition.key)
            if value is None:
                raise ConfigError(f"{place}: there is no key {condition.key!r}; {suggest(condition.key, known)}")
            holds &= value in condition.options
        if holds:
            kept.append(Entry(entry.key, entry.text, entry.values, tuple(rest)))
    while True:  # what waits for a key that is never set is never set either
        names = {entry.name for entry in kept}
        reached = [entry for entry in kept if all(condition.key in names for condition in entry.when)]
        if len(reached) == len(kept):
            return kept
        kept = reached


def _check_options(place: str, condition: Condition, parent: Entry) -> None:
    options = list(parent.values.options.values())
    if not options:
        raise ConfigError(f"{place}: {condition.key} is a range of numbers; a condition needs a choice")
    for option in condition.options:
        if option not in options:
            raise ConfigError(f"{place}: {condition.key} is never {option}; {suggest(option, options)}")


def _ordered(entries: Iterable[Entry]) -> list[Entry]:
    rest = list(entries)
    done: list[Entry] = []
    while rest:
        ready = [e for e in rest if all(any(d.name == c.key for d in done) for c in e.when)]
        if not ready:
            raise ConfigError(f"{SPACE}: the conditions of {', '.join(e.name for e in rest)} wait for one another")
        done.append(ready[0])
        rest.remove(ready[0])
    return done
