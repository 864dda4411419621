"""Hydra's and OmegaConf's errors in one or two lines, with the nearest valid name."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import yaml
from hydra.errors import ConfigCompositionException, HydraException, MissingConfigException, OverrideParseException
from omegaconf.errors import MissingMandatoryValue, OmegaConfBaseException

from mmfusion.config.errors import AbsentKeyError, ConfigError, nearest, no_option, suggest
from mmfusion.config.mismatches import Problem
from mmfusion.config.nodes import node_at
from mmfusion.config.override import Override, parse_overrides
from mmfusion.config.quoting import readable, unreadable, value_of

Groups = Mapping[str, Mapping[str, Path]]


@contextmanager
def explained(overrides: Sequence[str], folders: Sequence[Path], known: Groups) -> Iterator[None]:
    """Turn what composing raises into a `ConfigError`.

    Args:
        overrides: as typed.
        folders: the person's own config folders.
        known: group to its options and their files.
    """
    try:
        yield
    except MissingConfigException as error:
        raise ConfigError(_missing_option(error, overrides, known)) from error
    except OverrideParseException as error:
        given = str(error.override)
        typed = _typed(given, overrides) or given
        raise unreadable(typed, str(error).splitlines()[0].replace(given, typed)) from error
    except (HydraException, OmegaConfBaseException) as error:
        if absent := re.search(r"Could not delete from config. '([^']+)' does not exist", f"{error} {error.__cause__}"):
            raise AbsentKeyError(absent[1]) from error
        raise ConfigError(_explain(error, overrides, known)) from error
    except yaml.YAMLError as error:
        raise ConfigError(f"not YAML: {' '.join(str(error).split())}") from error
    except UnicodeDecodeError as error:
        where = _first(folders, lambda content: not _is_utf8(content))
        raise ConfigError(f"{where}: not UTF-8 ({error.reason}); save the file as UTF-8") from error
    except ValueError as error:
        if "Expected header format" not in str(error):
            raise
        where = _first(
            folders, lambda content: re.match(rb"#\s*@(?!package\s+\S+\s*$)", content, re.MULTILINE) is not None
        )
        raise ConfigError(f"{where}, line 1: expected `# @package _global_`, or no `@` there") from error


def _first(folders: Sequence[Path], holds: Callable[[bytes], bool]) -> str:
    """The first config in the person's folders of whose content something holds."""
    paths = (path for folder in folders for path in sorted(folder.rglob("*.yaml")))
    return next((str(path) for path in paths if holds(path.read_bytes())), "a config file")


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _missing_option(error: MissingConfigException, overrides: Sequence[str], known: Groups) -> str:
    wanted = error.missing_cfg_file
    name = (wanted[0] if isinstance(wanted, list | tuple) else wanted) or ""
    group, _, option = str(name).rpartition("/")
    if group not in known:
        return f"there is no group {group!r} (wanted for {name}); {suggest(group, known, limit=100)}"
    chosen = (each.text for each in parse_overrides(overrides) if each.group == group and each.sign != "~")
    where = next(chosen, None) or next(iter(re.findall(r"In '([^']+)'", str(error))), f"{group}={option}")
    return no_option(where, group, option, known[group])


def _typed(text: str, overrides: Sequence[str]) -> str | None:
    """The override that a message of Hydra's quotes, as it was typed: Hydra got it with quotes, and perhaps a `++`."""
    return next((each for each in overrides if each and readable(each).lstrip("+") in text), None)


def _explain(error: Exception, overrides: Sequence[str], known: Groups) -> str:
    cause = error.__cause__ if isinstance(error, ConfigCompositionException) and error.__cause__ else error
    text = str(error) if str(error).strip() not in ("", "None") else str(cause)
    if isinstance(cause, MissingMandatoryValue):
        key = getattr(cause, "full_key", None) or text.split(":")[-1].strip()
        return f"{key}: must be given, for example {key}=..."
    if found := re.search(r"Could not override '([^']+)'\.\n?", text):
        meant = re.findall(r"[\w/@.-]+(?=[,?])", text.partition("Did you mean to override ")[2])
        return _unused_group(found[1], overrides, known, meant)
    if found := re.search(r"looks like a config group override, but config group '([^']+)'", text):
        return f"{found[1]}: there is no such group; {suggest(found[1], known, limit=100)}"
    if found := re.search(r"Could not delete '([^']+)'. No match in the defaults list", text):
        return f"~{found[1]}: no such group is in use (see the config with --cfg job)"
    if found := re.search(r"An item is already at '([^']+)'", text):
        return f"+{found[1]}: is in the config already; leave out the +"
    if found := re.search(r"Error merging override (\S+)", text):
        typed = _typed(text, overrides) or found[1]
        if problems := _problems_with(typed, [each for each in overrides if each != typed]):
            return "; ".join(f"{key}: {what}" for key, what in problems) + f" (from {typed} on the command line)"
        reason = " ".join(str(cause).split()) if cause is not error else ""
        return f"{typed}: cannot be set there" + (f": {reason}" if reason else "")
    if "requires --multirun" in text or "Ambiguous value for argument" in text:
        override = _typed(text, overrides) or (re.findall(r"'([^']+)'", text) or [""])[0]
        return f"{override}: several values; add -m to run each{_as_one(override, overrides, known)}"
    return "; ".join(line.strip() for line in text.splitlines() if line.strip())


def _as_one(override: str, overrides: Sequence[str], known: Groups) -> str:
    """How a person writes what has commas in it and is one value all the same, where the key may have such a one."""
    found = Override.parse(override)
    if found.value is None or found.group in known:
        return ""
    text = found.value
    ways = {f"{found.name}=[{text}]": "a list as {}", f'{found.name}="{text}"': "one text as {}"}
    fits = [
        f", or write {way.format(shlex.quote(typed))}"
        for typed, way in (ways.items() if set("'\"[{(").isdisjoint(text) else ())
        if _problems_with(typed, [each for each in overrides if each != override]) == []
    ]
    return "".join(fits)


def _problems_with(override: str, others: Sequence[str]) -> list[Problem] | None:
    """What is wrong with the value of an override beside others; None where composing does not show it."""
    from mmfusion.config.check import problems_of  # these import this module
    from mmfusion.config.compose import compose

    key = Override.parse(override).key
    parent, _, last = key.rpartition(".")
    try:
        config = compose(others).config
        node_at(config, parent)[last] = value_of(override)
    except (ConfigError, TypeError):
        return None
    return [each for each in problems_of(config) if re.match(rf"{re.escape(key)}(\W|$)", each[0])]


def _unused_group(group: str, overrides: Sequence[str], known: Groups, in_use: Sequence[str] = ()) -> str:
    bare = Override.parse(group).group
    if bare not in known:
        inner = [name for name in known if name.startswith(f"{bare}/")]
        return f"{group}: there is no such group; {suggest(bare, inner or known, limit=100)}"
    override = next((each for each in parse_overrides(overrides) if each.name == group), Override.parse(f"{group}=..."))
    option = override.value
    at = f"{group}={option}"
    if group == "task":
        at = f"task@task.<name>={option}"
    close = nearest(group, in_use) if "@" in group else None
    hint = f"; did you mean {close}={option}?" if close else ""
    return f"{override}: nothing in the config uses {group} so far{hint}; to add it, write +{at}"
