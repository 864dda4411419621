"""Whether a value of a config fits an annotation that was read from source."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import Any

from mmfusion.config.code import Definition, Module, find
from mmfusion.config.errors import nearest, suggest
from mmfusion.config.limits import Keys, Range, read_limits
from mmfusion.config.signature import Signature, has_fields, read_signature

_SCALARS = {"str": str, "bool": bool, "None": type(None)}
_LISTS = {"list", "List", "Sequence", "MutableSequence", "Collection", "Iterable", "set", "frozenset", "Set"}
_TUPLES = {"tuple", "Tuple"}
_MAPPINGS = {"dict", "Dict", "Mapping", "MutableMapping"}


def mismatches(key: str, value: Any, annotation: ast.expr | None, module: Module) -> Iterator[tuple[str, str]]:
    """Each place at or below `key` where `value` is not what `annotation` says, with what is wrong there.

    Only plain types can be checked: numbers, strings, lists, mappings, `Literal`, unions, dataclasses, `TypedDict`s
    and aliases of them, with `Range` and `Keys`. Whatever else an annotation names accepts everything.
    """
    match annotation:
        case None:
            return
        case ast.Constant(value=str(text)):
            yield from mismatches(key, value, ast.parse(text, mode="eval").body, module)
        case ast.Constant(value=None):
            yield from _expect(key, value, value is None, "null")
        case ast.BinOp(op=ast.BitOr()):
            yield from _either(key, value, _alternatives(annotation, module))
        case ast.Attribute():
            yield from mismatches(key, value, ast.Name(annotation.attr), module)
        case ast.Name():
            yield from _name(key, value, annotation.id, module)
        case ast.Subscript():
            yield from _subscript(key, value, annotation, module)


def check_names(
    key: str,
    given: Mapping[str, Any],
    signature: Signature,
    handled: tuple[str, ...] = (),
    injected: tuple[str, ...] = (),
) -> Iterator[tuple[str, str]]:
    """Unknown, wrongly typed and missing arguments of a component.

    Args:
        key: where the component stands.
        given: its arguments in the config.
        signature: what it takes.
        handled: keys that somebody else reads.
        injected: arguments that the builder passes.
    """
    names = [name for name in signature.parameters if name not in injected]
    for name, value in given.items():
        if name in handled:
            continue
        place = f"{key}.{name}" if key else name
        if name in names:
            parameter = signature.parameters[name]
            yield from mismatches(place, value, parameter.annotation, parameter.module)
        elif name in injected:
            yield place, "is known from the data and not for a config to set"
        elif not signature.is_open:
            yield place, f"there is no such key; {suggest(str(name), [*names, *handled])}"
    for name in names:
        if signature.parameters[name].required and name not in given:
            yield (f"{key}.{name}" if key else name), "is missing and has no default"


def _either(key: str, value: Any, options: list[tuple[ast.expr, Module]]) -> Iterator[tuple[str, str]]:
    attempts = [list(mismatches(key, value, option, module)) for option, module in options]
    if not all(attempts):
        return
    # A mapping or list that nearly fits one alternative is judged by that one: its message is the precise one.
    deeper = [attempt for attempt in attempts if all(place != key for place, _ in attempt)]
    literal = [a for a, (o, _) in zip(attempts, options, strict=True) if isinstance(value, str) and _is_literal(o)]
    if deeper or literal:
        yield from (deeper or literal)[0]
    else:
        expected = " or ".join(dict.fromkeys(_describe(option) for option, _ in options))
        yield from _expect(key, value, False, expected)


def _name(key: str, value: Any, name: str, module: Module) -> Iterator[tuple[str, str]]:
    if name in _SCALARS:
        yield from _expect(key, value, isinstance(value, _SCALARS[name]), _describe(ast.Name(name)))
    elif name == "int":
        yield from _expect(key, value, isinstance(value, int) and not isinstance(value, bool), "a whole number")
    elif name == "float":
        yield from _expect(key, value, isinstance(value, int | float) and not isinstance(value, bool), "a number")
    elif name in {*_LISTS, *_TUPLES}:
        yield from _expect(key, value, isinstance(value, list | tuple), "a list")
    elif name in _MAPPINGS:
        yield from _expect(key, value, isinstance(value, Mapping), "a mapping")
    elif (found := find(module, name)) is not None:
        yield from _defined(key, value, found)


def _defined(key: str, value: Any, found: Definition) -> Iterator[tuple[str, str]]:
    node = found.node
    if has_fields(node):
        signature = read_signature(found)
        assert signature is not None
        if isinstance(value, Mapping):
            yield from check_names(key, value, signature)
        else:
            yield from _expect(key, value, False, f"a mapping with {', '.join(signature.parameters)}")
    elif isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
        yield from mismatches(key, value, node.value, found.module)


def _subscript(key: str, value: Any, annotation: ast.Subscript, module: Module) -> Iterator[tuple[str, str]]:
    base = annotation.value
    name = base.attr if isinstance(base, ast.Attribute) else getattr(base, "id", "")
    inner = annotation.slice.elts if isinstance(annotation.slice, ast.Tuple) else [annotation.slice]
    if name == "Literal":
        allowed = [ast.literal_eval(each) for each in inner]
        if not any(value == each and type(value) is type(each) for each in allowed):
            close = (
                nearest(value, [each for each in allowed if isinstance(each, str)]) if isinstance(value, str) else None
            )
            hint = f"; did you mean {close!r}?" if close else ""
            yield key, f"must be {_describe(annotation)}, found {_shown(value)}{hint}"
    elif name in ("Optional", "Union"):
        extra: list[ast.expr] = [ast.Constant(None)] if name == "Optional" else []
        yield from _either(key, value, [pair for each in [*inner, *extra] for pair in _alternatives(each, module)])
    elif name in ("Annotated", "Final"):
        yield from _limited(key, value, annotation, inner, module)
    elif name in {*_LISTS, *_TUPLES}:
        yield from _items(key, value, inner, module, is_tuple=name in _TUPLES)
    elif name in _MAPPINGS:
        if not isinstance(value, Mapping):
            yield from _expect(key, value, False, "a mapping")
        else:
            for each, item in value.items():
                yield from mismatches(f"{key}.{each}", item, inner[-1], module)


def _limited(
    key: str, value: Any, annotation: ast.expr, inner: list[ast.expr], module: Module
) -> Iterator[tuple[str, str]]:
    """What `Annotated` says beside a type: the `Range` of a number, the `Keys` of a mapping."""
    found = list(mismatches(key, value, inner[0], module))
    for limits in filter(None, map(read_limits, inner[1:])):
        if any(place == key for place, _ in found) or (isinstance(limits, Range) and not limits.holds(value)):
            found = list(_expect(key, value, False, _describe(annotation)))
        elif isinstance(limits, Keys):
            unknown = [str(name) for name in value if name not in limits.names]
            found += [(f"{key}.{name}", f"there is no such key; {suggest(name, limits.names)}") for name in unknown]
    yield from found


def _items(key: str, value: Any, inner: list[ast.expr], module: Module, is_tuple: bool) -> Iterator[tuple[str, str]]:
    if not isinstance(value, list | tuple):
        yield from _expect(key, value, False, "a list")
        return
    is_repeated = not is_tuple or (isinstance(inner[-1], ast.Constant) and inner[-1].value is Ellipsis)
    if not is_repeated and len(value) != len(inner):
        yield key, f"must be a list of {len(inner)}, found {len(value)}"
        return
    for index, item in enumerate(value):
        yield from mismatches(f"{key}[{index}]", item, inner[0 if is_repeated else index], module)


def _alternatives(annotation: ast.expr, module: Module) -> list[tuple[ast.expr, Module]]:
    """The members of a union, aliases written out, each with the module in whose names it is written."""
    if isinstance(annotation, ast.BinOp):
        return [*_alternatives(annotation.left, module), *_alternatives(annotation.right, module)]
    alias = find(module, annotation.id) if isinstance(annotation, ast.Name) else None
    if alias and isinstance(alias.node, ast.Assign | ast.AnnAssign) and alias.node.value is not None:
        return _alternatives(alias.node.value, alias.module)
    return [(annotation, module)]


def _is_literal(annotation: ast.expr) -> bool:
    return isinstance(annotation, ast.Subscript) and ast.unparse(annotation.value).endswith("Literal")


def _expect(key: str, value: Any, is_right: bool, expected: str) -> Iterator[tuple[str, str]]:
    if not is_right:
        yield key, f"must be {expected}, found {_shown(value)}"


def _describe(annotation: ast.expr) -> str:
    words = {"int": "a whole number", "float": "a number", "str": "a string", "bool": "true or false", "None": "null"}
    if isinstance(annotation, ast.Subscript):
        if _is_literal(annotation):
            return " or ".join(ast.unparse(annotation.slice).strip("()").split(", "))
        base = ast.unparse(annotation.value).split(".")[-1]
        if base == "Annotated" and isinstance(annotation.slice, ast.Tuple):
            first, *rest = annotation.slice.elts
            return " ".join([_describe(first), *(str(limits) for each in rest if (limits := read_limits(each)))])
        return (
            "a mapping" if base in _MAPPINGS else "a list" if base in {*_LISTS, *_TUPLES} else ast.unparse(annotation)
        )
    text = ast.unparse(annotation)
    return words.get(text, text)


def _shown(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f"the string {value!r}"
    if isinstance(value, Mapping):
        return f"a mapping with {', '.join(map(str, value)) or 'nothing in it'}"
    return repr(value)
