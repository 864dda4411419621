"""JSON Schema of components and sections, from their annotations.

This imports what it describes. `scripts/make_schema.py` writes the schema of mmfusion's own to `conf/schema.json`, so
that the check of a config imports none of them; a user's own component is described as soon as it is imported.
"""

from __future__ import annotations

import dis
import inspect
import json
import pkgutil
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import fields
from importlib import import_module
from typing import Any

from pydantic import ConfigDict, PydanticUserError, TypeAdapter, create_model
from pydantic.errors import PydanticUndefinedAnnotation
from pydantic.json_schema import GenerateJsonSchema

from mmfusion.config import sections
from mmfusion.config.slots import SLOTS, Slot

Schema = dict[str, Any]
_UNKNOWN = object()
_LIBRARIES = {package.split(".")[0] for slot in SLOTS.values() for package in slot.packages} - {"mmfusion"}


class _Lenient(GenerateJsonSchema):
    """What JSON cannot express, a tensor or a function, accepts everything: only building it can tell."""

    def handle_invalid_for_json_schema(self, schema: Any, error_info: str) -> Schema:
        return {}


def component_schema(component: Callable[..., Any], slot: str, injected: Iterable[str] = ()) -> Schema:
    """What a config may write for a class or a function, as JSON Schema of an object.

    Under an `x-`, which editors pass over: `required`, `injected` (names that are not for a config to set: the slot's,
    those given here, an encoder's by its kind), `facts` (class attributes that the slot's base declares) and `slot`.
    """
    place = SLOTS.get(slot, Slot(()))
    injected = (*place.injected, *injected)
    arguments, is_open = _arguments(component)
    texts = _sentences(component)
    own = {name: _described(arguments[name], texts.get(name)) for name in arguments if name not in injected}
    required = [n for n in own if arguments[n].default is inspect.Parameter.empty and n not in place.filled_in]
    extra = section_schema(getattr(sections, place.section)) if place.section else {}
    return {
        "description": " ".join((inspect.getdoc(component) or "").partition("\n\n")[0].split()),
        "type": "object",
        "properties": {"_target_": {"type": "string"}, **own, **extra.get("properties", {})},
        "additionalProperties": is_open,
        "x-required": [*required, *extra.get("x-required", ())],
        "x-injected": [name for name in dict.fromkeys(injected) if name in arguments],
        "x-facts": dict(_facts(component, place)),
        "x-slot": slot,
    }


def section_schema(section: Any) -> Schema:
    """A section's, from a dataclass that lists its keys."""
    schema = _adapted(section)
    texts = _sentences(section)
    for field in fields(section):
        if path := sections.ELSEWHERE.get(field.name):
            schema["properties"][field.name] = section_schema(pkgutil.resolve_name(path))
        schema["properties"][field.name] |= _about(field.default, texts.get(field.name))
    return schema


def whole_schema() -> Schema:
    """Of a whole config, and of all that mmfusion's own packages define, for `conf/schema.json`."""
    components = {slot: list(_components(slot)) for slot in SLOTS}
    from_kind = {kind.__module__.rpartition(".")[2]: kind.encoder_arguments for kind in components["kind"]}
    defined = {
        _path(component): component_schema(component, slot, from_kind[component.kind] if slot == "encoder" else ())
        for slot, in_slot in components.items()
        for component in in_slot
    }
    schema = section_schema(sections.Config)
    schema["properties"]["callbacks"]["additionalProperties"] = {"type": "object"}  # of others, by `_target_`
    schema["properties"] |= {"defaults": {"type": "array"}, "hydra": {"type": "object"}}
    for target, component in defined.items():
        component["properties"]["_target_"] = {"const": target}
        if component["x-slot"] == "kind":
            component["properties"]["kind"] = {"const": target.split(".")[-2]}
    for slot, in_slot in components.items():  # for editors: the check itself goes by `_target_`, follows no reference
        targets = list(map(_path, in_slot))
        of_others = {"required": ["_target_"], "properties": {"_target_": {"not": {"enum": targets}}}}
        defined[slot] = {"anyOf": [*({"$ref": f"#/$defs/{target}"} for target in targets), of_others], "x-slot": ""}
    # Attributes of torch's ModuleDict, which takes no entry of such a name: no modality or task may have one.
    schema["x-reserved"] = [name for name in dir(import_module("torch").nn.ModuleDict()) if not name.startswith("_")]
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "$defs": defined}


def _components(name: str) -> Iterator[Any]:
    """The public components of a slot that the modules of mmfusion's own packages define."""
    slot = SLOTS[name]
    for package in [package for package in slot.packages if package.startswith("mmfusion.")]:
        inner = pkgutil.walk_packages(getattr(import_module(package), "__path__", ()), f"{package}.")
        for module in [package, *(file.name for file in inner if not file.name.rpartition(".")[2].startswith("_"))]:
            defined = [v for v in vars(import_module(module)).values() if getattr(v, "__module__", "") == module]
            for value in [v for v in defined if not v.__name__.startswith("_")]:
                if inspect.isclass(value):
                    derives = any(base.__name__ in slot.bases for base in value.__mro__[1:])
                    is_component = derives and not inspect.isabstract(value)
                else:
                    is_component = inspect.isfunction(value) and value.__annotations__.get("return") == slot.returns
                if is_component:
                    yield value


def _path(component: Callable[..., Any]) -> str:
    return f"{component.__module__}.{component.__qualname__}"


def _arguments(component: Callable[..., Any]) -> tuple[dict[str, inspect.Parameter], bool]:
    """Arguments by name, and whether it takes further ones: `**keywords` are looked up in the parents' constructors."""
    arguments: dict[str, inspect.Parameter] = {}
    lineage: tuple[Any, ...] = getattr(component, "__mro__", ())
    owners = [parent for parent in lineage if "__init__" in vars(parent)] or [component]
    for owner in owners:
        signature = inspect.signature(component if owner is owners[0] else owner.__init__)
        names = {**vars(sys.modules[component.__module__]), **vars(sys.modules[owner.__module__])}
        # What the parent of a library's class requires, that class may give it: torchmetrics' MeanMetric does.
        package = owner.__module__.split(".")[0]
        is_given = owner is not owners[0] and (package in _LIBRARIES or package != component.__module__.split(".")[0])
        for name, own in signature.parameters.items():
            if name not in ("self", *arguments) and own.kind not in (own.VAR_POSITIONAL, own.VAR_KEYWORD):
                default = _UNKNOWN if is_given and own.default is own.empty else own.default
                arguments[name] = own.replace(annotation=_resolved(own.annotation, names), default=default)
        if not any(own.kind is own.VAR_KEYWORD for own in signature.parameters.values()):
            return arguments, False
    return arguments, True


def _resolved(hint: Any, names: dict[str, Any]) -> Any:
    with suppress(NameError, AttributeError, TypeError, SyntaxError):  # a name that is imported for type checkers alone
        return eval(hint, names) if isinstance(hint, str) else hint  # noqa: S307 (a component's own code)
    return inspect.Parameter.empty


def _described(argument: inspect.Parameter, text: str | None) -> Schema:
    schema: Schema = {}
    if argument.annotation is not argument.empty:
        with suppress(PydanticUserError, PydanticUndefinedAnnotation):  # a type that says nothing to pydantic
            config = ConfigDict(arbitrary_types_allowed=True)
            schema = _adapted(create_model("M", __config__=config, one=(argument.annotation, ...)))["properties"]["one"]
    return schema | _about(argument.default, text)


def _about(default: Any, text: str | None) -> Schema:
    """A default and a description, as far as there are any."""
    about = {"default": _as_json(default), "description": text or _UNKNOWN}
    return {name: value for name, value in about.items() if value is not _UNKNOWN}


def _adapted(kind: Any) -> Schema:
    schema = TypeAdapter(kind).json_schema(schema_generator=_Lenient)
    return _plain(schema, schema.pop("$defs", {}))


def _plain(node: Any, defined: Mapping[str, Any]) -> Any:
    """The schema without references, titles and defaults; `required` as `x-`: to editors, a file may lack any key."""
    if isinstance(node, list):
        return [_plain(item, defined) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        return _plain(defined[node["$ref"].rpartition("/")[2]], defined)
    if "propertyNames" in node:  # `Mapping[Literal["train", "val"], float]`
        names = node["propertyNames"].get("enum") or [node["propertyNames"]["const"]]
        inner = dict.fromkeys(names, node["additionalProperties"])
        return {"type": "object", "properties": _plain(inner, defined), "additionalProperties": False}
    if isinstance(node.get("properties"), dict):
        inner = {name: _plain(inner, defined) for name, inner in node["properties"].items()}
        required = {"x-required": node["required"]} if "required" in node else {}
        return {"type": "object", "properties": inner, "additionalProperties": False, **required}
    plain = {name: _plain(inner, defined) for name, inner in node.items() if name not in ("title", "default", "x-ref")}
    return plain | ({"$ref": node["x-ref"]} if "x-ref" in node else {})


def _sentences(component: Any) -> dict[str, str]:
    """Names below `Args:` or `Attributes:` of a docstring, with their sentences."""
    part = re.split(r"\n(?:Args|Attributes):\n", inspect.getdoc(component) or "", maxsplit=1)[1:]
    entries = re.findall(r"^ {4}(\w+): (.*(?:\n {8}.*)*)", part[0].partition("\n\n")[0], re.MULTILINE) if part else []
    return {name: " ".join(text.split()) for name, text in entries}


def _facts(component: Any, slot: Slot) -> Iterator[tuple[str, Any]]:
    """Class attributes that the slot's base declares or inherits from mmfusion, but for those a constructor sets."""
    lineage = inspect.getmro(component) if inspect.isclass(component) else ()
    constructors: list[Any] = [vars(parent).get("__init__") for parent in lineage]
    steps = [step for own in filter(inspect.isfunction, constructors) for step in dis.get_instructions(own)]
    set_by_instance = {step.argval for step in steps if step.opname == "STORE_ATTR"}
    contracts: list[Any] = [parent for parent in lineage if parent.__name__ in slot.bases]
    inherited = [parent for base in contracts for parent in inspect.getmro(base)[1:]]
    for base in [*contracts, *(parent for parent in inherited if parent.__module__.startswith("mmfusion."))]:
        for name in [name for name in vars(base).get("__annotations__", {}) if name not in set_by_instance]:
            value: Any = getattr(component, name, _UNKNOWN)
            if name == "METRICS":  # the directions; a class with a method of its own may make others
                value = {n: d for n, (_, d) in value.items()} if component.metrics is base.metrics else _UNKNOWN
            if (value := _as_json(value)) is not _UNKNOWN:
                yield name, value


def _as_json(value: Any) -> Any:
    """A value as JSON would give it back: lists for tuples; `_UNKNOWN` for what JSON cannot express."""
    with suppress(TypeError, ValueError):
        return json.loads(json.dumps(value, allow_nan=False, default=dict))
    return _UNKNOWN
