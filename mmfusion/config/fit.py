"""What an experiment says about parts that the command line then replaces or leaves out.

`experiment=seed` sets `fusion.activation` for the fusion it was written with. With `fusion=gated` on the command line
that line speaks of a component which is not there any more: it is left out, and the person is told. A key that is
wrong for the component it was written for stays, and the check refuses it; so does everything that was typed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from mmfusion.config.check import signature_of
from mmfusion.config.errors import ConfigError
from mmfusion.config.names import ENCODER_KEYS, SOURCE_KEYS, TASK_KEYS
from mmfusion.config.origin import Origin
from mmfusion.config.override import Override, parse_overrides

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
Choice = tuple[str, str]
HANDLED = {"encoder": ENCODER_KEYS, "data": SOURCE_KEYS, "task": TASK_KEYS}


def fit(config: dict[str, Any], origin: Origin) -> list[str]:
    """Take out of `config`, in place, what was written for other parts; returns a sentence for each key taken out."""
    return [*_replaced(config, origin), *_left_out(config, origin)]


def _replaced(config: Mapping[str, Any], origin: Origin) -> Iterator[str]:
    """Arguments of components that another option has replaced."""
    for group, option in origin.choices.items():
        bare, package = Override.parse(group).group, Override.parse(group).key
        node = node_at(config, package)
        signature = signature_of(str(node.get("_target_"))) if node else None
        if node is None or signature is None or signature.is_open:
            continue
        handled = ("_target_", *HANDLED.get(package.split(".")[0], ()))
        for name in [name for name in node if name not in signature.parameters and name not in handled]:
            key = f"{package}.{name}"
            line = None if origin.typed(key) else origin.line(key)
            if line is None or line[0] == origin.known.get(bare, {}).get(option):
                continue
            written_for = meant(line[0], package, origin.known) or meant(origin.primary, package, origin.known)
            if written_for is not None and written_for != (bare, option):
                del node[name]
                yield f"{key} is left out: {origin(key)}, sets it for {written_for[1]}, and {option} does not take it"


def _left_out(config: Mapping[str, Any], origin: Origin) -> Iterator[str]:
    """Entries for modalities and tasks that `~encoder.x` and `~task.x` took out."""
    removed = {each.key for each in parse_overrides(origin.overrides) if each.sign == "~"}
    for section, places in {
        "encoder": ["modality.dropout", "fusion.weights"],
        "task": ["loss_weighting.weights", "callbacks.monitor.metric"],
    }.items():
        for place in places:
            entries = node_at(config, place) or {}
            for entry in list(entries):
                part = str(entry).split("/")[1] if str(entry).count("/") == 2 else str(entry)
                gone = f"{section}.{part}" in removed and part not in (node_at(config, section) or {})
                if gone and not origin.typed(place):
                    del entries[entry]
                    yield f"{place}: {entry} is left out, as {section}.{part} is"


def meant(path: Path, package: str, known: Mapping[str, Mapping[str, Path]]) -> Choice | None:
    """The group and option that a file's defaults list, or one that it builds on, chooses for a package."""
    for document in lineage(path, known):
        for entry in document.get("defaults", ()):
            for key, option in entry.items() if isinstance(entry, dict) else ():
                place = Override.parse(key.removeprefix("override ").lstrip("/"))
                if place.key == package:
                    return place.group, str(option)
    return None


def lineage(path: Path, known: Mapping[str, Mapping[str, Path]]) -> Iterator[dict[str, Any]]:
    """What a file holds, then what those of its group hold that it builds on, the last named first; to read only.

    Raises:
        ConfigError: it is not YAML, or holds something else than keys with values.
    """
    try:
        document = _parsed(path.read_bytes())
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}, column {mark.column + 1}" if mark is not None else ""
        why = getattr(error, "problem", None) or getattr(error, "reason", None) or " ".join(str(error).split())
        raise ConfigError(f"{path}{where}: not YAML: {why}") from None
    if not isinstance(document, dict):
        raise ConfigError(f"{path}: expected keys with values, found {type(document).__name__}")
    if not isinstance(document.get("defaults", []), list):
        raise ConfigError(f"{path}: defaults: expected a list, found {type(document['defaults']).__name__}")
    yield document
    for entry in reversed(document.get("defaults", ())):
        parent = known.get(path.parent.name, {}).get(entry) if isinstance(entry, str) else None
        if parent is not None and parent != path:
            yield from lineage(parent, known)


@lru_cache(maxsize=1024)
def _parsed(content: bytes) -> dict[str, Any]:
    """A file's content as YAML. The same few files are asked for a hundred times in one check."""
    return yaml.load(content, Loader=_LOADER) or {}  # noqa: S506 (a safe loader)


def node_at(config: Mapping[str, Any], key: str) -> dict[str, Any] | None:
    """The mapping at a dotted key, or None."""
    node: Any = config
    for part in key.split("."):
        node = node.get(part) if isinstance(node, dict) else None
    return node if isinstance(node, dict) else None
