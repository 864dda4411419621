"""The check of a composed config, before anything heavy is imported and anything is built."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from mmfusion.config.combinations import impossible
from mmfusion.config.errors import ConfigError, nearest, suggest
from mmfusion.config.instantiate import check_allowed, is_under
from mmfusion.config.mismatches import Problem, below, mismatches, report
from mmfusion.config.override import node_at
from mmfusion.config.schema import config_schema, fact, own_components, schema_of, target_of
from mmfusion.config.slots import SLOTS, slot_of

_NAMED = {"encoder": "encoder", "task": "task", "logger": "logger", "data.modalities": "modality", "callbacks": "key"}
"""Sections with components under names of a person's own, and what a name in it stands for."""


def check(config: Mapping[str, Any], origin: Callable[[str], str] = lambda key: "") -> None:
    """Refuse a config with an unknown key, a wrong type, or parts that do not go together.

    mmfusion's components are not imported: `conf/schema.json` says what they take. Those of others are, once all else
    is right. `origin` says where a key was set, for the message.

    Raises:
        ConfigError: the first ten problems, each with its key, what was found, what would work and where it was set.
    """
    report(problems_of(config), origin)


def problems_of(config: Mapping[str, Any]) -> list[Problem]:
    """Problems of sections and mmfusion's components, else of others', else of what goes together."""
    nodes = _nodes(config)
    problems = mismatches("", config, config_schema()) + _components(nodes, config, own=True)
    return problems or _components(nodes, config, own=False) or list(impossible(config))


def check_study(node: Any, origin: Callable[[str], str]) -> None:
    """Refuse a `study` section that is wrong, as `check` does, whatever the rest of the config is like."""
    nodes = {"study": node}
    report(_components(nodes, {}, own=True) or _components(nodes, {}, own=False), origin)


def _nodes(config: Mapping[str, Any]) -> dict[str, Any]:
    """Keys where a component must stand, and those where one stands, with what is there."""
    nodes = {slot: config[slot] for slot in SLOTS if slot not in _NAMED and config.get(slot) is not None}
    metrics = [f"task.{name}.metrics" for name in node_at(config, "task") or {}]
    for section in (*_NAMED, *metrics, "report.sections"):
        own = config_schema()["properties"]["callbacks"]["properties"] if section == "callbacks" else ()
        named = node_at(config, section) or {}
        nodes |= {f"{section}.{name}": node for name, node in named.items() if name not in own}
    return nodes | dict(_with_target("", config))


def _with_target(key: str, node: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """All mappings with a `_target_`, at `key` or below."""
    if isinstance(node, Mapping) and "_target_" in node:
        yield key, node
    items = node.items() if isinstance(node, Mapping) else enumerate(node) if isinstance(node, list) else ()
    for name, value in items:
        yield from _with_target(below(key, name), value)


def _components(nodes: Mapping[str, Any], config: Mapping[str, Any], own: bool) -> list[Problem]:
    return [problem for key, node in nodes.items() for problem in _component(key, node, config, own)]


def _component(key: str, node: Any, config: Mapping[str, Any], own: bool) -> Iterator[Problem]:
    """Problems of a component of mmfusion's, or, if not `own`, of others'; those of what is no component are `own`."""
    target = target_of(node)
    if target is None:
        yield from _without_target(key, node, config) if own else ()
        return
    if own and slot_of(key) == "kind" and "_target_" in node and node.get("kind") is not None:
        yield f"{key}.kind", f"{node['kind']!r} and _target_ {target!r} both say what it is; set kind=null beside it"
        return
    try:
        check_allowed(target, key)
        if is_under(target, ("mmfusion",)) != own:
            return
        place = f"data.modalities.{key.partition('.')[2]}"  # its kind gives an encoder further arguments
        given = fact(node_at(config, place), place, "encoder_arguments") if slot_of(key) == "encoder" else ()
        schema = schema_of(target, key, tuple(given or ()))
    except ConfigError as error:
        yield key, str(error).removeprefix(f"{key}: ")
        return
    yield from mismatches(key, node, schema) if schema else [(f"{key}._target_", _no_such(target))]


def _without_target(key: str, node: Any, config: Mapping[str, Any]) -> Iterator[Problem]:
    if not isinstance(node, Mapping):
        return  # the schema says so
    section, _, name = key.rpartition(".")
    wanted, others = "_target_", [str(other) for other in node_at(config, section) or {} if other != name]
    if section == "data.modalities":
        wanted, kinds = "kind", own_components("kind")
        if "kind" in node:
            kind = str(node["kind"])
            yield f"{key}.kind", f"must be {' or '.join(map(repr, kinds))}, found {kind!r}; {suggest(kind, kinds)}"
            return
    if section in _NAMED and (section == "callbacks" or nearest(name, others)):
        yield key, f"there is no such {_NAMED[section]}, and a new one needs a {wanted}; {suggest(name, others)}"
    else:
        keys = f"keys {', '.join(map(str, node))}" if node else "{}"
        yield key, f"must be a mapping with a {wanted}, found {keys}"


def _no_such(target: str) -> str:
    """That mmfusion has no such component, with the nearest that it has."""
    module, _, name = target.rpartition(".")
    targets = list(config_schema()["$defs"])
    if names := [other.rpartition(".")[2] for other in targets if other.rpartition(".")[0] == module]:
        return f"{module} defines no {name!r}; {suggest(name, names)}"
    close = nearest(target, [other for other in targets if other.split(".")[:2] == target.split(".")[:2]])
    return f"there is no module {module!r}" + (f"; did you mean {close!r}?" if close else "")
