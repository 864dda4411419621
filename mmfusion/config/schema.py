"""The schema of mmfusion's own components, from `conf/schema.json`: reading it imports none of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from itertools import takewhile
from typing import Any

from mmfusion.config.folders import PACKAGE, own_folder
from mmfusion.config.instantiate import is_under, locate
from mmfusion.config.slots import slot_of

FILE = own_folder() / "schema.json"
Schema = dict[str, Any]


@cache
def config_schema() -> Schema:
    """Of a whole config; under `$defs` each of mmfusion's components by its target, as `component_schema` makes it."""
    schema: Schema = json.loads(FILE.read_text(encoding="utf-8"))
    del schema["properties"]["defaults"], schema["properties"]["hydra"]  # of a file; no composed config holds them
    return schema


def schema_of(target: Any, key: str, injected: tuple[str, ...] = ()) -> Schema | None:
    """What the component `target` at `key` takes; None if mmfusion has none; `injected`: see `component_schema`.

    Anybody else's is imported to see it, as `locate` allows, and one in a new file of mmfusion's.
    """
    own = config_schema()["$defs"]
    module = str(target).rpartition(".")[0]
    is_new = (
        not is_under(module, ("mmfusion",)) or PACKAGE.joinpath(*module.split(".")[1:]).with_suffix(".py").is_file()
    )
    if is_new and not any(other.rpartition(".")[0] == module for other in own):
        return _described(locate(target, key), slot_of(key), injected)
    return own.get(target)


@cache
def _described(component: Any, slot: str, injected: tuple[str, ...]) -> Schema:
    from mmfusion.config.json_schema import component_schema  # needs pydantic, which is slow to import

    return component_schema(component, slot, injected)


def target_of(node: Any) -> Any:
    """A component's `_target_`, or that of a modality's `kind`; None if the node has neither."""
    if not isinstance(node, Mapping):
        return None
    return node["_target_"] if "_target_" in node else own_components("kind").get(node.get("kind", ""))


def kind_lineage(modality: Mapping[str, Any], key: str) -> list[str]:
    """The kind of a modality, and those that it derives from; each is called like its module."""
    if "_target_" not in modality:
        return [str(modality.get("kind"))]
    lineage = locate(modality["_target_"], key).__mro__  # type: ignore[attr-defined]
    return [kind.__module__.rpartition(".")[2] for kind in takewhile(lambda parent: parent.__name__ != "Kind", lineage)]


def fact(node: Any, key: str, name: str) -> Any:
    """A class attribute of the component that a node describes; None if it has no such, or each instance its own."""
    target = target_of(node)
    schema = None if target is None else schema_of(target, key)
    return schema["x-facts"].get(name) if schema else None


def own_components(slot: str) -> dict[str, str]:
    """mmfusion's components of a slot by the names of their files, to their targets; `kind: image` is such a name."""
    return {
        target.split(".")[-2]: target for target, schema in config_schema()["$defs"].items() if schema["x-slot"] == slot
    }


def facts_of_slot(slot: str) -> dict[str, dict[str, Any]]:
    """mmfusion's components of a slot by the names of their files, to their class attributes."""
    return {file: config_schema()["$defs"][target]["x-facts"] for file, target in own_components(slot).items()}


def file_suffixes() -> dict[str, tuple[str, ...]]:
    """mmfusion's kinds of modality to the suffixes of the files that they read."""
    return {name: tuple(facts.get("suffixes", ())) for name, facts in facts_of_slot("kind").items()}


def those_with(slot: str, name: str, value: Any) -> str:
    """The files of mmfusion's components of a slot whose class attribute has this value."""
    return ", ".join(file for file, facts in facts_of_slot(slot).items() if facts.get(name) == value) or "none"
