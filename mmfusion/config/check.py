"""The check of a composed config, before anything heavy is imported and anything is built."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from mmfusion.config.code import find, read_module, submodules
from mmfusion.config.combinations import impossible
from mmfusion.config.errors import ConfigError, nearest, suggest
from mmfusion.config.instantiate import check_allowed, is_allowed, is_under
from mmfusion.config.names import (
    CLASS_COUNTS,
    ENCODER_KEYS,
    KIND_ARGUMENTS,
    KIND_TARGETS,
    MODALITY_KEYS,
    RESERVED,
    SECTIONS,
    SOURCE_KEYS,
    TASK_KEYS,
)
from mmfusion.config.signature import Signature, components, read_signature
from mmfusion.config.slots import SLOTS, slot_of
from mmfusion.config.task_metrics import facts_of
from mmfusion.config.values import check_names

Problem = tuple[str, str]
SHOWN = 10


def check(config: Mapping[str, Any], origin: Callable[[str], str] = lambda key: "") -> None:
    """Refuse a config with an unknown key, a wrong type, or parts that do not go together.

    Sections are checked against `mmfusion.config.schema`, components against the signature of what `_target_` names.
    Both are read from source, so no component is imported and no stranger's code runs.

    Args:
        config: the composed config in plain containers, interpolations resolved.
        origin: where a key was set, for the message; "" if unknown.

    Raises:
        ConfigError: the first ten problems, each with its key, what was found, what would work and where it was set.
    """
    problems = list(_sections(config))
    if not problems:
        problems = list(_components(config))
    if not problems:
        problems = list(impossible(config, signature_of))
    report(problems, origin)


def report(problems: Sequence[Problem], origin: Callable[[str], str]) -> None:
    """Raise the problems as one error, if there are any."""
    if problems:
        lines = [f"{key}: {text}" + (f" ({place})" if (place := origin(key)) else "") for key, text in problems[:SHOWN]]
        if len(problems) > SHOWN:
            lines.append(f"and {len(problems) - SHOWN} more")
        raise ConfigError(lines[0] if len(lines) == 1 else "\n  ".join([f"{len(problems)} problems:", *lines]))


def check_study(node: Any, origin: Callable[[str], str] = lambda key: "") -> None:
    """Refuse a `study` section that is wrong, whatever the rest of the config is like.

    Raises:
        ConfigError: as `check`.
    """
    report(list(_component("study", node, "study")), origin)


def signature_of(target: str) -> Signature | None:
    """What a target's class or function takes; None if its source cannot be read."""
    module_name, _, name = target.rpartition(".")
    module = read_module(module_name) if all(map(str.isidentifier, target.split("."))) else None
    definition = find(module, name) if module else None
    return read_signature(definition) if definition else None


def _sections(config: Mapping[str, Any]) -> Iterator[Problem]:
    whole = signature_of("mmfusion.config.schema.Config")
    assert whole is not None
    yield from check_names("", config, whole)
    for key, target in SECTIONS.items():
        node: Any = config
        for part in key.split("."):
            node = node.get(part) if isinstance(node, Mapping) else None
        if isinstance(node, Mapping):
            signature = signature_of(target)
            assert signature is not None, target
            own = {name: value for name, value in node.items() if key != "callbacks" or not _is_added(name, value)}
            yield from check_names(key, own, signature)
        elif node is None and "." in key:  # of a section at the top `Config` has said so
            yield key, "is missing"


def _is_added(name: str, node: Any) -> bool:
    """Whether a part of `callbacks` is a callback beside mmfusion's own, or is to be one."""
    section = signature_of(SECTIONS["callbacks"])
    return isinstance(node, Mapping) and section is not None and name not in section.parameters


def _components(config: Mapping[str, Any]) -> Iterator[Problem]:
    yield from _component("data", config["data"], "data", handled=SOURCE_KEYS)
    modalities = config["data"].get("modalities") or {}
    if not isinstance(modalities, Mapping):
        yield "data.modalities", f"must be a mapping from a modality's name to its columns, found {modalities!r}"
        return
    for name, node in modalities.items():
        if close := _meant(name, modalities, "kind"):
            yield f"data.modalities.{name}", f"there is no such modality, and a new one needs a kind; {close}"
        else:
            yield from _modality(f"data.modalities.{name}", node)
    unknown = {
        f"{section}.{name}": f"there is no such {section}, and a new one needs a _target_; {close}"
        for section in ("encoder", "task", "logger")
        for name in config[section]
        if (close := _meant(name, config[section], "_target_"))
    }
    yield from unknown.items()
    for name, node in config["encoder"].items():
        if f"encoder.{name}" in unknown:
            continue
        known = _told_by_data(node, modalities.get(name))
        yield from _component(f"encoder.{name}", node, "encoder", handled=ENCODER_KEYS, injected=known)
        extra = {key: value for key, value in node.items() if key in ENCODER_KEYS}
        signature = signature_of("mmfusion.config.schema.EncoderExtra")
        assert signature is not None
        yield from check_names(f"encoder.{name}", extra, signature)
    for name, node in config["task"].items():
        if f"task.{name}" not in unknown:
            yield from _component(f"task.{name}", node, "task", handled=TASK_KEYS)
            yield from _metrics(f"task.{name}.metrics", node)
    for slot in ("fusion", "sharing", "loss_weighting", "optimizer", "scheduler"):
        yield from _component(slot, config[slot], slot, injected=SLOTS[slot].injected)
    for name, node in config["logger"].items():
        if f"logger.{name}" not in unknown:
            yield from _component(f"logger.{name}", node, "logger", injected=SLOTS["logger"].injected)
    for name, node in config["callbacks"].items():
        if _is_added(name, node) and "_target_" in node:
            yield from _component(f"callbacks.{name}", node, "callbacks")
        elif _is_added(name, node):
            close = suggest(name, config["callbacks"].keys() - {name})
            yield f"callbacks.{name}", f"there is no such key, and a callback of your own needs a _target_; {close}"
    if config.get("study") is not None:
        yield from _component("study", config["study"], "study")


def _meant(name: str, nodes: Mapping[str, Any], key: str) -> str:
    """What a name was probably to be, if nothing says what it is: the nearest whose node has this key."""
    node = nodes[name]
    if not isinstance(node, Mapping) or key in node:
        return ""
    there = [str(other) for other, each in nodes.items() if isinstance(each, Mapping) and key in each]
    return suggest(str(name), there) if nearest(str(name), there) else ""


def _told_by_data(node: Mapping[str, Any], modality: Any) -> tuple[str, ...]:
    """Arguments that the data gives this encoder, by the kind that it reads, or else by that of its modality."""
    signature = signature_of(str(node.get("_target_")))
    kind = signature.attributes.get("kind") if signature else None
    if kind not in KIND_ARGUMENTS and isinstance(modality, Mapping):
        kind = modality.get("kind")
    everything = tuple({each for names in KIND_ARGUMENTS.values() for each in names})
    return KIND_ARGUMENTS.get(str(kind), everything)


def _modality(key: str, node: Any) -> Iterator[Problem]:
    shared = signature_of("mmfusion.config.schema.ModalityData")
    assert shared is not None
    if not isinstance(node, Mapping):
        yield key, f"must be a mapping with kind and columns, found {node!r}"
        return
    problems = list(check_names(key, {k: v for k, v in node.items() if k in MODALITY_KEYS}, shared))
    yield from problems
    if problems:
        return
    signature = signature_of(KIND_TARGETS[node["kind"]])
    assert signature is not None, node["kind"]
    yield from check_names(key, node, signature, handled=MODALITY_KEYS)
    for stage, listed in (node.get("transforms") or {}).items():
        for index, each in enumerate(listed or ()):
            yield from _component(f"{key}.transforms.{stage}[{index}]", each, "transform")


def _component(
    key: str, node: Any, slot: str, handled: tuple[str, ...] = (), injected: tuple[str, ...] = ()
) -> Iterator[Problem]:
    """One `_target_` and its arguments, and the components inside these."""
    target = node.get("_target_") if isinstance(node, Mapping) else None
    if target is None:
        yield key, f"must be a mapping with a _target_, found {_brief(node)}"
        return
    try:
        check_allowed(target, key)
    except ConfigError as error:
        yield key, str(error).removeprefix(f"{key}: ")
        return
    arguments = {name: value for name, value in node.items() if name != "_target_"}
    module_name, _, name = target.rpartition(".")
    module = read_module(module_name)
    signature = signature_of(target)
    # In mmfusion's rooms everything can be read; what a module of one's own imports, only building it shows.
    is_own = is_under(target, ("mmfusion",))
    if signature is None:
        if module is None or is_own or (name not in module.names and not module.is_open):
            yield f"{key}._target_", _no_such(target, module is not None)
        return
    if is_own and not is_allowed(signature.target, key):
        yield f"{key}._target_", _no_such(target, True)
        return
    bases = SLOTS[slot].bases if is_own or not is_under(target, SLOTS[slot].packages) else ()  # `locate` knows others'
    if bases and not {*bases, "?"} & set(signature.lineage):
        yield f"{key}._target_", f"{target} is no {bases[0]}, which this place of the config needs"
        return
    yield from check_names(key, arguments, signature, handled, injected)
    for place, inner in _nested(key, {k: v for k, v in arguments.items() if k not in handled}):
        inside = slot_of(place) or slot
        yield from _component(place, inner, inside, injected=injected if inside == slot else SLOTS[inside].injected)


def _metrics(key: str, task: Mapping[str, Any]) -> Iterator[Problem]:
    """What a config adds to a task's metrics: names, directions, and components."""
    further, known = task.get("metrics") or {}, facts_of({**task, "metrics": {}}, signature_of) or {}
    if not isinstance(further, Mapping):
        yield key, f"must be a mapping from a metric's name to its _target_, found {further!r}"
        return
    for name, node in further.items():
        place = f"{key}.{name}"
        if not re.fullmatch(r"[A-Za-z0-9_-]+", str(name)):
            yield place, "a name is made of ASCII letters, digits, _ and -"
        elif name in (*known, "loss", "labels", "rows", *RESERVED):
            yield place, "this name is taken; choose another"
        elif not isinstance(node, Mapping) or "_target_" not in node:
            yield from _component(place, node, "metric")
        elif node.get("direction", "max") not in ("max", "min", None):
            yield f"{place}.direction", f"must be max or min, found {node['direction']!r}"
        else:
            signature = signature_of(str(node["_target_"]))
            counts = {name: 2 for name in CLASS_COUNTS if signature and name in signature.parameters}
            yield from _component(place, {**counts, **node}, "metric", handled=("direction",))


def _nested(key: str, node: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The nearest mappings with a `_target_` below a node."""
    items: Iterable[tuple[str, Any]] = ()
    if isinstance(node, Mapping):
        items = ((f"{key}.{name}", value) for name, value in node.items())
    elif isinstance(node, list):
        items = ((f"{key}[{index}]", value) for index, value in enumerate(node))
    for place, value in items:
        if isinstance(value, Mapping) and "_target_" in value:
            yield place, value
        else:
            yield from _nested(place, value)


def _no_such(target: str, has_module: bool) -> str:
    module_name, _, name = target.rpartition(".")
    if has_module:
        module = read_module(module_name)
        defined = components(module_name) or [each for each in (module.names if module else ()) if each[0].isupper()]
        return f"{module_name} defines no {name!r}; {suggest(name, defined)}"
    if not is_under(module_name, ("mmfusion",)):
        return f"there is no module {module_name!r}; is it installed, or on PYTHONPATH, or in the working directory?"
    room = ".".join(module_name.split(".")[:2])
    found = [f"{module}.{each}" for module in submodules(room) for each in components(module)]
    close = nearest(target, found)
    return f"there is no module {module_name!r}" + (f"; did you mean {close!r}?" if close else "")


def _brief(node: Any) -> str:
    return f"keys {', '.join(map(str, node))}" if isinstance(node, Mapping) and node else repr(node)
