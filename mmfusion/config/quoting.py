"""Overrides as Hydra's grammar wants them: what a person typed without quotes is quoted for them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from os import PathLike, fspath
from typing import Any

from mmfusion.config.errors import ConfigError
from mmfusion.config.override import Override

# Of Hydra 1.3's `OverrideLexer.g4`: what may stand in a value without quotes, and what a backslash makes plain.
_ESCAPE = r"\\[\\()\[\]{}:=, \t]"
_INTERPOLATION = r"\$\{[^}]+\}"
_UNQUOTED = re.compile(rf"(?:{_ESCAPE}|{_INTERPOLATION}|[\w/\\+.$%*@?|: \t-])*", re.ASCII)
_CALL = re.compile(r"(\s*\w+\s*)\(")
_QUOTED = re.compile(r"""(["'])(?:(?:\\\\)*|.*?[^\\](?:\\\\)*)\1""", re.DOTALL)
_KEY = re.compile(r"[\w$/@.:-]+", re.ASCII)
_CLOSING = {"[": "]", "{": "}", "(": ")"}
_SIGNS = tuple(",'\"[]{}()")  # alone they are no list and no quote, but a sign: a delimiter, a decimal mark
_ONE_SIGN = "data.delimiter"  # of which a blank is a value too
_WHOLE = re.compile(r"(?:\[[^][]*\]|\{[^{}]*\})[^,\s].*", re.DOTALL)  # text that begins with brackets: [1].csv
_TEXTS = ("data.empty", "data.not_empty")  # lists of texts, whatever they look like: null, 999, yes
_NOT_TEXT = ("null", "true", "false", "nan", "inf")  # words that Hydra reads as something else
_HOW = "write key=value, group=option, ~key or +key=value, and quote what has commas or brackets: 'key=\"a, b\"'"


def quoted(text: str) -> str:
    """A string in Hydra's grammar, whatever is in it."""
    escaped = re.sub(r"(\\*)('|$)", lambda match: match[1] * 2 + ("\\'" if match[2] else ""), text)
    return f"'{escaped}'"


def written(key: str, value: Any) -> str:
    """A value in Hydra's grammar; `key` is for the error of one that no config can hold."""
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case int() | float():
            return repr(value)
        case str() | PathLike():
            text = fspath(value)
            is_plain = re.fullmatch(r"[A-Za-z_][\w./-]*", text, re.ASCII) and text.lower() not in _NOT_TEXT
            return text if is_plain else quoted(text)
        case list() | tuple():
            return f"[{','.join(written(key, item) for item in value)}]"
        case Mapping():
            return f"{{{','.join(f'{name}: {written(key, item)}' for name, item in value.items())}}}"
    raise ConfigError(f"{key}: a config holds numbers, strings, lists and mappings, found {type(value).__name__}")


def readable(override: str) -> str:
    """The override, with quotes around each text that Hydra could not read without: `name=Größe`, `data.path=~/a.csv`.

    Lists, mappings, sweeps and functions stay what they are, and each text in them is looked at by itself.

    Raises:
        ConfigError: there is no key or no value, a key cannot be written on a command line, a bracket is not closed.
    """
    parsed = Override.parse(override)
    sign, name, value = parsed.sign, parsed.name, parsed.value
    if not name.strip("~+ "):
        raise syntax_error(override, "there is no key")
    if value is None and sign != "~":
        raise syntax_error(override, "there is no = in it")
    if _KEY.fullmatch(name) is None:
        raise ConfigError(_key_message(override, name))
    if value is None:
        return override
    if value in _SIGNS or (name == _ONE_SIGN and value in (" ", "\t")) or _WHOLE.fullmatch(value):
        return f"{sign}{name}={quoted(value)}"
    return f"{sign}{name}={''.join(_pieces(override, value, name.startswith(_TEXTS)))}"


def value_of(override: str) -> Any:
    """The value in `key=value` as Hydra reads it; what would be several values for `-m` is one text with commas in it.

    Raises:
        ConfigError: as `readable`, or Hydra's grammar has no such value.
    """
    from hydra.core.override_parser.overrides_parser import OverridesParser  # slow to import
    from hydra.errors import HydraException

    try:
        parsed = OverridesParser.create().parse_override(readable(override))
    except HydraException as error:
        raise syntax_error(override, str(error).splitlines()[0]) from None
    return Override.parse(override).value if parsed.is_sweep_override() else parsed.value()


def syntax_error(override: str, reason: str) -> ConfigError:
    """The error for an override that does not follow the grammar."""
    return ConfigError(f"{override}: not an override that can be read ({reason}); {_HOW}")


_NAMED = {
    "task": "task.{}.column",
    "encoder": "data.modalities.{}.column",
    "data.modalities": "data.modalities.{}.column",
}


def _key_message(override: str, key: str) -> str:
    """Why a key cannot be written on a command line, and where what it is for can."""
    wrong = next(character for character in key if not _KEY.fullmatch(character))
    path = key.rpartition("@")[2]
    *above, last = path.split(".")
    section = next((name for name in _NAMED if path.startswith(f"{name}.")), None)
    if section is not None and not _KEY.fullmatch(name := path.removeprefix(f"{section}.").split(".")[0]):
        instead = f"name it in ASCII, and give its column: {_NAMED[section].format('<name>')}={name}"
    elif above:
        node = "".join(f"{part}: {{" for part in above) + f"{last}: …" + "}" * len(above)
        instead = f"write `{node}` into conf/experiment/<name>.yaml"
    else:
        instead = "the config has no such key (see all with --cfg job)"
    allowed = "a key on the command line is of ASCII letters, digits, _ and -"
    return f"{override}: {allowed}, and {key!r} holds {wrong!r}; {instead}"


def _pieces(override: str, text: str, lists_are_text: bool) -> Iterator[str]:
    """The value's parts in their order, quoted where that is needed; in lists always, if what they hold is text."""
    open_brackets: list[str] = []
    at = 0
    while at < len(text):
        if text[at] in " \t,)]}[{":
            if text[at] in "[{":
                open_brackets.append(text[at])
            elif open_brackets and text[at] == _CLOSING[open_brackets[-1]]:
                open_brackets.pop()
            yield text[at]
            at += 1
        elif text[at] in "'\"":
            string = _QUOTED.match(text, at)
            if string is None:
                raise syntax_error(override, f"the {text[at]} is not closed")
            yield string[0]
            at = string.end()
        else:
            plain, end = _plain(text, at, open_brackets[-1] if open_brackets else "")
            if lists_are_text and open_brackets[-1:] == ["["] and plain.strip():
                yield _as_text(plain)
            elif _UNQUOTED.fullmatch(plain):
                yield plain
            elif end == ":":
                raise ConfigError(_key_message(override, f"{Override.parse(override).name}.{plain.strip()}"))
            else:
                yield _as_text(plain)
            at += len(plain)
            if end:
                yield end
                at += 1
                open_brackets += ["("] if end == "(" else []
    if open_brackets:
        raise syntax_error(override, f"the {open_brackets[-1]} is not closed")


def _plain(text: str, start: int, inside: str) -> tuple[str, str]:
    """The unquoted text from `start` on, and what ends it where that is no comma and closes nothing."""
    call = _CALL.match(text, start)
    if call is not None and call[1].strip() in _functions():
        return call[1], "("
    is_key = inside == "{" and text[:start].rstrip()[-1:] in ("{", ",")
    ends = "," + _CLOSING.get(inside, "") + ("=" if inside == "(" else ":" if is_key else "")
    plain = re.compile(rf"(?:{_ESCAPE}|{_INTERPOLATION}|[^{re.escape(ends)}])*", re.DOTALL).match(text, start)
    assert plain is not None
    end = text[plain.end() : plain.end() + 1]
    return plain[0], end if end in ("=", ":") else ""


def _functions() -> frozenset[str]:
    """The names of Hydra's functions: `choice`, `range`, `interval` and others."""
    from hydra.core.override_parser.overrides_parser import create_functions  # slow to import, and rarely needed

    return frozenset(create_functions().functions)


def _as_text(plain: str) -> str:
    """Plain text between quotes, without the backslashes that made its signs plain."""
    return quoted(re.sub(_ESCAPE, lambda match: match[0][1], plain.strip()))
