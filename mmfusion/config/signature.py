"""What a component takes, read from its source."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from mmfusion.config.code import Definition, Module, find, read_module

# Bases whose constructor takes nothing: a class below them without an `__init__` takes nothing either.
_BARE_BASES = {"object", "ABC", "Module", "Protocol", "Generic"}
_UNKNOWN = object()


@dataclass(frozen=True)
class Parameter:
    """One argument: its annotation, the module in whose names that is written, and whether it must be given."""

    annotation: ast.expr | None
    module: Module
    required: bool


@dataclass
class Signature:
    """A class's constructor or a function.

    Attributes:
        target: where it is really defined.
        is_class: a class rather than a function.
        parameters: by name, in order.
        is_open: takes names beyond `parameters`, or some that reading could not see.
        attributes: class attributes with a literal value, inherited ones too; none that an instance may change. Of a
            task's `METRICS` the directions.
        lineage: names of the class and of its bases, "?" for a base that reading could not follow.
    """

    target: str
    is_class: bool
    parameters: dict[str, Parameter] = field(default_factory=dict)
    is_open: bool = False
    attributes: dict[str, Any] = field(default_factory=dict)
    lineage: list[str] = field(default_factory=list)


def read_signature(definition: Definition) -> Signature | None:
    """The signature of a class or function, to read only; None for anything else."""
    return _read(definition.module, definition.name, definition.node)


@lru_cache(maxsize=1024)
def _read(module: Module, name: str, node: ast.stmt) -> Signature | None:
    """Kept by the syntax tree's own node: a module that is read anew has others."""
    definition = Definition(module, name, node)
    if isinstance(node, ast.ClassDef):
        signature = Signature(definition.target, True)
        _read_class(definition, signature)
        return signature
    if isinstance(node, ast.FunctionDef):
        signature = Signature(definition.target, False)
        _read_function(node, module, signature)
        return signature
    return None


def components(module_name: str) -> list[str]:
    """Names of the public classes and functions that a module itself defines."""
    module = read_module(module_name)
    nodes = module.names.items() if module else ()
    return [n for n, node in nodes if isinstance(node, ast.ClassDef | ast.FunctionDef) and not n.startswith("_")]


def is_dataclass(node: ast.stmt) -> bool:
    """Whether a class statement is decorated with `dataclass`."""
    return isinstance(node, ast.ClassDef) and any(_name(each) == "dataclass" for each in node.decorator_list)


def has_fields(node: ast.stmt) -> bool:
    """Whether a class statement lists what a mapping holds: a dataclass or a `TypedDict`."""
    return is_dataclass(node) or _is_typed_dict(node)


def _is_typed_dict(node: ast.stmt) -> bool:
    return isinstance(node, ast.ClassDef) and any(_name(each) == "TypedDict" for each in node.bases)


def _read_class(definition: Definition, signature: Signature) -> None:
    node = definition.node
    assert isinstance(node, ast.ClassDef)
    signature.lineage.append(node.name)
    if _is_typed_dict(node):
        is_total = all(ast.unparse(word) != "total=False" for word in node.keywords)
        fields = _fields(node, definition.module)
        signature.parameters |= {name: replace(each, required=is_total) for name, each in fields.items()}
        return
    bases = [base for base in node.bases if _name(base) not in _BARE_BASES]
    found = [find(definition.module, _name(base)) if isinstance(base, ast.Name) else None for base in bases]
    parents: list[Signature] = []
    for base in found:
        if base is None or not isinstance(base.node, ast.ClassDef):
            parents.append(Signature("", True, is_open=True, lineage=["?"]))
        else:
            parents.append(Signature(base.target, True))
            _read_class(base, parents[-1])
    for parent in reversed(parents):
        signature.attributes |= parent.attributes
        signature.lineage += parent.lineage
    for name, value in _attributes(node).items():
        if value is _UNKNOWN:
            signature.attributes.pop(name, None)
        else:
            signature.attributes[name] = value

    init = next((n for n in node.body if isinstance(n, ast.FunctionDef) and n.name == "__init__"), None)
    if init is not None:
        _read_function(init, definition.module, signature, skip_first=True)
        if signature.is_open and _hands_on_keywords(init) and parents:
            signature.is_open = parents[0].is_open
            signature.parameters = {**parents[0].parameters, **signature.parameters}
        return
    for parent in parents[:1]:
        signature.parameters |= parent.parameters
        signature.is_open = parent.is_open
    if is_dataclass(node):
        signature.parameters |= _fields(node, definition.module)


def _read_function(node: ast.FunctionDef, module: Module, signature: Signature, skip_first: bool = False) -> None:
    positional = [*node.args.posonlyargs, *node.args.args]
    first_default = len(positional) - len(node.args.defaults)
    for index, argument in enumerate(positional):
        if index == 0 and skip_first:
            continue
        signature.parameters[argument.arg] = Parameter(argument.annotation, module, index < first_default)
    for argument, default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True):
        signature.parameters[argument.arg] = Parameter(argument.annotation, module, default is None)
    signature.is_open = node.args.kwarg is not None


def _fields(node: ast.ClassDef, module: Module) -> dict[str, Parameter]:
    fields = {}
    for each in node.body:
        if not isinstance(each, ast.AnnAssign) or not isinstance(each.target, ast.Name):
            continue
        hidden = isinstance(each.value, ast.Call) and any(
            word.arg == "init" and isinstance(word.value, ast.Constant) and word.value.value is False
            for word in each.value.keywords
        )
        if not hidden and _name(each.annotation) != "ClassVar":
            fields[each.target.id] = Parameter(each.annotation, module, each.value is None)
    return fields


def _attributes(node: ast.ClassDef) -> dict[str, Any]:
    """Class attributes by name; `_UNKNOWN` for a computed one, a property, or one that `__init__` sets."""
    found: dict[str, Any] = {}
    for each in node.body:
        if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name) and each.value is not None:
            found[each.target.id] = (_directions if each.target.id == "METRICS" else _literal)(each.value)
        elif isinstance(each, ast.Assign):
            found |= {target.id: _literal(each.value) for target in each.targets if isinstance(target, ast.Name)}
        elif isinstance(each, ast.FunctionDef) and each.name != "__init__":
            found |= {each.name: _UNKNOWN} | ({"METRICS": _UNKNOWN} if each.name == "metrics" else {})
        elif isinstance(each, ast.FunctionDef):
            stored = (n for n in ast.walk(each) if isinstance(n, ast.Attribute) and isinstance(n.ctx, ast.Store))
            found |= {n.attr: _UNKNOWN for n in stored if _name(n.value) == "self"}
    return found


def _directions(value: ast.expr) -> Any:
    """Of `{name: (factory, direction)}` name to direction."""
    if not isinstance(value, ast.Dict) or not all(isinstance(each, ast.Tuple) for each in value.values):
        return _UNKNOWN
    keys = [_UNKNOWN if key is None else _literal(key) for key in value.keys]
    return dict(zip(keys, (_literal(each.elts[-1]) for each in value.values), strict=True))  # type: ignore[attr-defined]


def _literal(value: ast.expr) -> Any:
    try:
        return ast.literal_eval(value)
    except ValueError:
        return _UNKNOWN


def _hands_on_keywords(init: ast.FunctionDef) -> bool:
    """Whether `**kwargs` goes on to `super().__init__`."""
    return any(
        isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr == "__init__"
        and any(word.arg is None for word in call.keywords)
        for call in ast.walk(init)
    )


def _name(node: ast.expr | None) -> str:
    """The last word of a possibly dotted, called or subscripted name."""
    while isinstance(node, ast.Call | ast.Subscript):
        node = node.func if isinstance(node, ast.Call) else node.value
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
