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
from mmfusion.config.key_sources import lineage
from mmfusion.config.mismatches import Problem
from mmfusion.config.override import Override, node_at, parse_overrides
from mmfusion.config.quoting import readable, syntax_error, value_of

Groups = Mapping[str, Mapping[str, Path]]


@contextmanager
def as_config_error(overrides: Sequence[str], folders: Sequence[Path], known: Groups) -> Iterator[None]:
    """Turn what composing raises into a `ConfigError`; `folders` are the person's own, `known` the options of all."""
    try:
        yield
    except MissingConfigException as error:
        raise ConfigError(_missing_option(error, overrides, known)) from error
    except OverrideParseException as error:
        text = str(error.override)
        typed = _typed(text, overrides) or text
        raise syntax_error(typed, str(error).splitlines()[0].replace(text, typed)) from error
    except (HydraException, OmegaConfBaseException) as error:
        if absent := re.search(r"Could not delete from config. '([^']+)' does not exist", f"{error} {error.__cause__}"):
            raise AbsentKeyError(absent[1]) from error
        raise ConfigError(_explain(error, overrides, known)) from error
    except yaml.YAMLError as error:
        raise ConfigError(f"not YAML: {' '.join(str(error).split())}") from error
    except RecursionError as error:
        raise ConfigError(f"{_circle(known)}: its defaults list leads back to the file itself") from error
    except UnicodeDecodeError as error:
        where = _first(folders, lambda content: "\N{REPLACEMENT CHARACTER}" in content.decode(errors="replace"))
        raise ConfigError(f"{where}: not UTF-8 ({error.reason}); save the file as UTF-8") from error
    except ValueError as error:
        if "Expected header format" not in str(error):
            raise
        where = _first(folders, lambda content: bool(re.match(rb"(?m)#\s*@(?!package\s+\S+\s*$)", content)))
        raise ConfigError(f"{where}, line 1: expected `# @package _global_`, or no `@` there") from error


def _first(folders: Sequence[Path], holds: Callable[[bytes], bool]) -> str:
    """The first config in the person's folders of whose content something holds."""
    paths = (path for folder in folders for path in sorted(folder.rglob("*.yaml")))
    return next((str(path) for path in paths if holds(path.read_bytes())), "a config file")


def _circle(known: Groups) -> str:
    """The first option that builds on itself by way of others of its group."""
    for path in (path for options in known.values() for path in options.values()):
        try:
            for _ in lineage(path, known):
                pass
        except RecursionError:
            return str(path)
        except ConfigError:  # something else is wrong with it
            continue
    return "a config file"


def _missing_option(error: MissingConfigException, overrides: Sequence[str], known: Groups) -> str:
    file = error.missing_cfg_file
    name = str(file[0] if isinstance(file, list | tuple) else file)
    group, _, option = name.rpartition("/")
    if group not in known:
        return f"there is no group {group!r} (wanted for {name}); {suggest(group, known, limit=100)}"
    chosen = (other.text for other in parse_overrides(overrides) if other.group == group and other.sign != "~")
    where = next(chosen, None) or next(iter(re.findall(r"In '([^']+)'", str(error))), f"{group}={option}")
    return no_option(where, group, option, known[group])


def _typed(text: str, overrides: Sequence[str]) -> str | None:
    """The override that a message of Hydra's quotes, as it was typed: Hydra got it with quotes, and perhaps a `++`."""
    return next((typed for typed in overrides if typed and readable(typed).lstrip("+") in text), None)


def _explain(error: Exception, overrides: Sequence[str], known: Groups) -> str:
    cause = error.__cause__ if isinstance(error, ConfigCompositionException) and error.__cause__ else error
    text = str(error) if str(error).strip() not in ("", "None") else str(cause)
    if isinstance(cause, MissingMandatoryValue):
        key = getattr(cause, "full_key", None) or text.split(":")[-1].strip()
        return f"{key}: must be given, for example {key}=..."
    if match := re.search(r"Could not override '([^']+)'\.\n?", text):
        in_use = re.findall(r"[\w/@.-]+(?=[,?])", text.partition("Did you mean to override ")[2])
        return _unused_group(match[1], overrides, known, in_use)
    if match := re.search(r"looks like a config group override, but config group '([^']+)'", text):
        return f"{match[1]}: there is no such group; {suggest(match[1], known, limit=100)}"
    if match := re.search(r"Could not delete '([^']+)'. No match in the defaults list", text):
        return f"~{match[1]}: no such group is in use (see the config with --cfg job)"
    if match := re.search(r"An item is already at '([^']+)'", text):
        return f"+{match[1]}: is in the config already; leave out the +"
    if match := re.search(r"Error merging override (\S+)", text):
        typed = _typed(text, overrides) or match[1]
        if problems := _problems_with(typed, overrides):
            return "; ".join(f"{key}: {what}" for key, what in problems) + f" (from {typed} on the command line)"
        reason = " ".join(str(cause).split()) if cause is not error else ""
        return f"{typed}: cannot be set there" + (f": {reason}" if reason else "")
    if "requires --multirun" in text or "Ambiguous value for argument" in text:
        override = _typed(text, overrides) or (re.findall(r"'([^']+)'", text) or [""])[0]
        return f"{override}: several values; add -m to run each{_as_one(override, overrides, known)}"
    return "; ".join(line.strip() for line in text.splitlines() if line.strip())


def _as_one(override: str, overrides: Sequence[str], known: Groups) -> str:
    """How a person writes what has commas in it and is one value all the same, where the key may have such a one."""
    parsed = Override.parse(override)
    if parsed.value is None or parsed.group in known or not set("'\"[{(").isdisjoint(parsed.value):
        return ""
    ways = {f"{parsed.name}=[{parsed.value}]": "a list as", f'{parsed.name}="{parsed.value}"': "one text as"}
    fits = {way: typed for typed, way in ways.items() if _problems_with(typed, overrides) == []}
    return "".join(f", or write {way} {shlex.quote(typed)}" for way, typed in fits.items())


def _problems_with(override: str, overrides: Sequence[str]) -> list[Problem] | None:
    """What is wrong with the value of an override, in the place of others of its key; None if composing fails."""
    from mmfusion.config.check import problems_of  # these import this module
    from mmfusion.config.compose import compose_unchecked

    key = Override.parse(override).key
    parent, _, last = key.rpartition(".")
    try:
        config = compose_unchecked([other.text for other in parse_overrides(overrides) if other.key != key]).config
        node_at(config, parent)[last] = value_of(override)
    except (ConfigError, TypeError):
        return None
    return [problem for problem in problems_of(config) if re.match(rf"{re.escape(key)}(\W|$)", problem[0])]


def _unused_group(group: str, overrides: Sequence[str], known: Groups, in_use: Sequence[str] = ()) -> str:
    bare = Override.parse(group).group
    if bare not in known:
        inner = [name for name in known if name.startswith(f"{bare}/")]
        return f"{group}: there is no such group; {suggest(bare, inner or known, limit=100)}"
    typed = (override for override in parse_overrides(overrides) if override.name == group)
    override = next(typed, Override.parse(f"{group}=..."))
    close = nearest(group, in_use) if "@" in group else None
    hint = f"; did you mean {close}={override.value}?" if close else ""
    place = "task@task.<name>" if group == "task" else group
    return f"{override}: nothing in the config uses {group} so far{hint}; to add it, write +{place}={override.value}"
