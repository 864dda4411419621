"""What is wrong with values, against a JSON Schema, in plain sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import reduce
from itertools import groupby
from math import isfinite
from typing import Any

from jsonschema import Draft202012Validator, ValidationError
from jsonschema.validators import extend

from mmfusion.config.errors import ConfigError, nearest, suggest

Problem = tuple[str, str]
"""A key and what is wrong with it."""

SHOWN = 10  # problems that a message spells out; the others are counted

_NAMES = {"integer": "a whole number", "number": "a number", "string": "a string", "boolean": "true or false"}
_NAMES |= {"null": "null", "array": "a list", "object": "a mapping"}
_BOUNDS = {"minimum": "of at least", "exclusiveMinimum": "above"}
_BOUNDS |= {"maximum": "and up to", "exclusiveMaximum": "and below"}
_TYPES = {
    "integer": lambda _, value: isinstance(value, int) and not isinstance(value, bool),  # 1.0 is none
    "number": lambda _, value: isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value),
}
_Validator = extend(
    Draft202012Validator,
    {"x-required": Draft202012Validator.VALIDATORS["required"], "$ref": lambda *_: ()},  # references are for editors
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine_many(_TYPES),
)


def mismatches(key: str, value: Any, schema: Mapping[str, Any]) -> list[Problem]:
    """Places at or below `key` where a value is not what the schema says, with their first problem."""
    problems: dict[str, str] = {}
    for error in _Validator(schema).iter_errors(value):
        for place, text in _problems(key, error):
            problems.setdefault(place, text)
    return list(problems.items())


def report(problems: Sequence[Problem], origin: Callable[[str], str] = lambda key: "") -> None:
    """Raise the problems as one error, if there are any."""
    if problems:
        lines = [f"{key}: {text}" + (f" ({place})" if (place := origin(key)) else "") for key, text in problems[:SHOWN]]
        lines += [f"and {len(problems) - SHOWN} more"] if len(problems) > SHOWN else []
        raise ConfigError(lines[0] if len(lines) == 1 else "\n  ".join([f"{len(problems)} problems:", *lines]))


def _problems(root: str, error: ValidationError) -> Iterator[Problem]:
    key, value, schema = reduce(below, error.absolute_path, root), error.instance, error.schema
    assert isinstance(schema, Mapping)
    if error.validator == "additionalProperties":
        known = [name for name in schema["properties"] if name != "_target_"]
        for name in [name for name in value if name not in schema["properties"]]:
            if name in schema.get("x-injected", ()):
                yield below(key, name), "is known from the data and not for a config to set"
            else:
                yield below(key, name), f"there is no such key; {suggest(str(name), known)}"
    elif error.validator == "x-required":
        missing = [name for name in schema["x-required"] if name not in value]
        yield from ((below(key, name), "is missing and has no default") for name in missing)
    elif error.validator in ("minItems", "maxItems"):
        yield key, f"must be {_describe(schema)}, found {len(value)}"
    elif error.validator == "anyOf" and (inner := _nearest_alternative(error)):
        for mismatch in inner:
            yield from _problems(root, mismatch)
    else:
        options = [option for option in schema.get("enum", ()) if isinstance(option, str)]
        close = nearest(value, options) if isinstance(value, str) else None
        hint = f"; did you mean {close!r}?" if close else ""
        yield key, f"must be {_describe(schema)}, found {_shown(value)}{hint}"


def _nearest_alternative(error: ValidationError) -> list[ValidationError]:
    """A mapping, list or word that nearly fits one alternative is judged by it: its message is the precise one."""
    alternatives = [list(errors) for _, errors in groupby(error.context or (), lambda inner: inner.schema_path[0])]
    for errors in alternatives:
        if all(inner.relative_path or inner.validator in ("additionalProperties", "x-required") for inner in errors):
            return errors
    enums = (errors for errors in alternatives if errors[0].validator == "enum")
    return next(enums, []) if isinstance(error.instance, str) else []


def below(key: str, name: Any) -> str:
    """The key of what is called `name` in the node at `key`, or has this index in the list there."""
    return f"{key}[{name}]" if isinstance(name, int) else f"{key}.{name}" if key else str(name)


def _describe(schema: Any) -> str:
    """What a schema wants: `a whole number of at least 1 or null`."""
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(map(_describe, schema["anyOf"])))
    if "enum" in schema or "const" in schema:
        return " or ".join(map(repr, schema.get("enum") or [schema["const"]]))
    text = _NAMES[schema["type"]]
    if least := schema.get("minItems"):
        text += f" of {least}" if least == schema.get("maxItems") else f" of at least {least}"
    if schema.get("properties"):
        text += f" with {', '.join(schema['properties'])}"
    if schema.keys() >= {"minimum", "maximum"}:
        return f"{text} from {schema['minimum']} to {schema['maximum']}"
    return " ".join([text, *(f"{words} {schema[name]}" for name, words in _BOUNDS.items() if name in schema)])


def _shown(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return str(value).lower().replace("none", "null")
    if isinstance(value, str):
        return f"the string {value!r}"
    if isinstance(value, Mapping):
        return f"a mapping with {', '.join(map(str, value)) or 'nothing in it'}"
    return repr(value)
