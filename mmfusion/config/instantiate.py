"""The one place where a `_target_` of a config becomes an object.

A config or a run folder may come from anywhere, and a `_target_` is code that will be called. So a target is refused
before anything is imported unless it lies in a package that is open to the slot where it stands, or in a module that
the person at the command line opened with `trusted_modules=[...]`.
"""

from __future__ import annotations

import importlib
import inspect
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mmfusion.config.errors import ConfigError, nearest, suggest
from mmfusion.config.names import REMOVED
from mmfusion.config.slots import SLOTS, slot_of

_trusted: set[str] = set()


def instantiate(node: Mapping[str, Any], key: str = "", /, **injected: Any) -> Any:
    """Build what `node["_target_"]` names with the node's other keys and `injected` as keyword arguments.

    Mappings inside the node stay mappings, those with a `_target_` too: the component builds them here if it wants to.

    `key`, where the node stands in the config, says which packages are open; `injected` are arguments that the caller
    knows and the config does not.

    Raises:
        ConfigError: the target is not allowed, does not exist, does not take these arguments, or refuses their values.
    """
    if "_target_" not in node:
        raise ConfigError(f"{key or 'config'}: expected a mapping with a `_target_`, found keys {sorted(node)}")
    arguments = {name: value for name, value in node.items() if name != "_target_"}
    target = node["_target_"]
    build = locate(target, key)
    for name in arguments:
        if name in injected:
            raise ConfigError(f"{_at(key)}{target}: {name!r} is known from the data and not for a config to set")
        if name.startswith("_"):
            raise ConfigError(f"{_at(key)}{target}: {name!r} may not be set in a config: only `_target_` is understood")
    arguments |= injected
    parameters = inspect.signature(build).parameters
    try:
        inspect.signature(build).bind(**arguments)
    except TypeError as error:
        if unknown := [name for name in arguments if name not in parameters]:
            names = [name for name in parameters if name not in injected]
            raise ConfigError(f"{_at(key)}{target} takes no {unknown[0]!r}; {suggest(unknown[0], names)}") from None
        raise ConfigError(f"{_at(key)}{target}: {error}") from None
    try:
        return build(**arguments)
    except ConfigError:
        raise  # a component within this one names the place
    except ValueError as error:
        raise ConfigError(_refusal(str(error), key, arguments)) from error


def locate(target: Any, key: str = "") -> Callable[..., Any]:
    """The class or function that `target` names, if configs may name it.

    The object must have been defined under an allowed prefix: what a component module merely imports (`os.system`
    through `mmfusion.data.kinds.image.os.system`) is refused.
    """
    check_allowed(target, key)
    module_name, _, name = target.rpartition(".")
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        # A missing dependency of the component's own is not a wrong target: its message says what to install.
        if error.name is None or not f"{module_name}.".startswith(f"{error.name}."):
            raise
        where = "is it installed, or on PYTHONPATH, or in the working directory?"
        raise ConfigError(f"{_at(key)}there is no module {module_name!r}; {where}") from None
    offered = {n: v for n, v in vars(module).items() if inspect.isclass(v) or inspect.isfunction(v)}
    component = offered.get(name)
    if component is None or not is_allowed(f"{component.__module__}.{name}", key):
        own = [n for n, v in offered.items() if v.__module__ == module_name] or list(offered)
        public = [n for n in own if not n.startswith("_")]
        raise ConfigError(f"{_at(key)}{module_name} defines no component {name!r}; {suggest(name, public)}")
    slot = SLOTS.get(slot_of(key))
    if slot and slot.bases:
        if inspect.isfunction(component):
            if is_under(component.__module__, slot.packages):
                raise ConfigError(f"{key}: {target} is a function; a component of this package is a class")
        elif not {base.__name__ for base in component.__mro__} & set(slot.bases):
            raise ConfigError(f"{key}: {target} is no {slot.bases[0]}, which this place of the config needs")
    return component


def check_allowed(target: Any, key: str = "") -> None:
    """Refuse a target that configs may not name; imports nothing."""
    if not isinstance(target, str):
        raise ConfigError(f"{_at(key)}_target_ must be a dotted path, found {target!r}")
    if target in REMOVED:
        raise ConfigError(f"{_at(key)}{target} is no more; use {{_target_: {REMOVED[target]}}}")
    if not is_allowed(target, key):
        prefixes = (*_packages(key), *sorted(_trusted))
        # A single package is named anyway.
        close = nearest(target, prefixes) if len(prefixes) > 1 and target.startswith("mmfusion") else None
        hint = f" (did you mean {close!r}?)" if close else ""
        raise ConfigError(
            f"{_at(key)}_target_ {target!r} is refused: it is not a public name under {', '.join(prefixes)}{hint}. "
            "If it is code of your own that you trust, add trusted_modules=[<its package>] to the command line"
        )


def is_allowed(target: str, key: str = "") -> bool:
    """Whether a config may name `target` at `key`: a public dotted path in a package of that slot or a trusted module.

    Where the key belongs to no slot, the packages of all slots are open.
    """
    module, _, name = target.rpartition(".")
    is_public = all(part.isidentifier() for part in target.split(".")) and not name.startswith("_")
    return is_public and is_under(module, (*_packages(key), *_trusted))


def _packages(key: str) -> tuple[str, ...]:
    slot = SLOTS.get(slot_of(key))
    return slot.packages if slot else tuple(package for other in SLOTS.values() for package in other.packages)


def is_under(name: str, prefixes: Iterable[str]) -> bool:
    """Whether the dotted `name` is one of `prefixes` or lies below one."""
    return any(f"{name}.".startswith(f"{prefix}.") for prefix in prefixes)


def trust(modules: Iterable[str]) -> None:
    """Open modules to `_target_` for the rest of the process; only for names that a person typed.

    They are looked for in the working directory as well, last: a console script does not search it by itself.

    Raises:
        ConfigError: a name is no dotted path.
    """
    for name in modules:
        if not isinstance(name, str) or not all(part.isidentifier() for part in name.split(".")):
            raise ConfigError(f"trusted_modules: expected module names like [mypackage], found {name!r}")
        _trusted.add(name)
        here = str(Path.cwd())
        if here not in sys.path:
            sys.path.append(here)


@contextmanager
def trusting(modules: Iterable[str]) -> Iterator[set[str]]:
    """`trust` for the length of a `with` block, which gets all that are open then."""
    before = set(_trusted)
    try:
        trust(modules)
        yield _trusted
    finally:
        _trusted.clear()
        _trusted.update(before)


def refuse_trust(config: Mapping[str, Any], where: str) -> None:
    """Refuse a config that comes from a file and opens modules to itself."""
    if config.get("trusted_modules"):
        names = ",".join(map(str, config["trusted_modules"]))
        raise ConfigError(
            f"{where} sets trusted_modules=[{names}]. Only the command line may, because code from there will run; "
            f"if you trust it, take the line out of the file and add trusted_modules=[{names}] to the command"
        )


def _refusal(text: str, key: str, arguments: Iterable[str]) -> str:
    """A component's own message behind its place in the config: `task.digit.label_smoothing: expected …`."""
    if not key or text.startswith((f"{key}.", f"{key}:")):
        return text
    return f"{key}.{text}" if text.partition(":")[0] in arguments else f"{key}: {text}"


def _at(key: str) -> str:
    return f"{key}: " if key else ""
