"""From the command line's overrides to one checked config, through Hydra's compose API."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from mmfusion.config.check import check
from mmfusion.config.errors import AbsentKeyError, ConfigError, suggest
from mmfusion.config.folders import groups, hidden_files, own_folder, user_folders
from mmfusion.config.instantiate import refuse_trust, trust
from mmfusion.config.key_sources import KeySources
from mmfusion.config.override import Override, node_at, parse_overrides, split_trust
from mmfusion.config.quoting import quoted, readable
from mmfusion.config.replaced_parts import leave_out
from mmfusion.config.schema import config_schema

PRIMARY = "train"
LIST_GROUPS = ("logger",)
"""Groups of which several options may be chosen, `logger=[csv,wandb]`."""
_PARTS = ("hydra.sweeper.", "hydra.launcher.")  # what these may hold is for `mmfusion.config.hydra_options` to say


@dataclass(frozen=True)
class Composed:
    """A config put together and not yet checked, in plain containers; `hydra` is what the files say about Hydra itself.

    `trusted` are modules that the command line opened; the config's own `trusted_modules` is empty.
    """

    config: dict[str, Any]
    trusted: list[str]
    sources: KeySources
    hydra: dict[str, Any]


def load_config(overrides: Sequence[str] = (), config_dirs: Sequence[str | Path] = ()) -> dict[str, Any]:
    """Compose and check, as `mmfusion.api.compose` explains.

    Raises:
        ConfigError: the overrides do not compose, or `mmfusion.config.check` finds something.
    """
    composed = compose_unchecked(overrides, config_dirs)
    check(composed.config, composed.sources)
    return composed.config


def compose_unchecked(overrides: Sequence[str] = (), config_dirs: Sequence[str | Path] = ()) -> Composed:
    """Compose without checking; opens `trusted_modules` if the overrides name some.

    What an experiment sets for a component that the command line replaces is left out where the new one does not take
    it (`mmfusion.config.replaced_parts`); standard error says so.
    """
    overrides, trusted = split_trust(overrides)
    trust(trusted)
    folders = user_folders(config_dirs)
    if hidden := hidden_files([own_folder(), *folders]):
        more = f" and {len(hidden) - 1} more" if len(hidden) > 1 else ""
        _say(f"not read, since a config of that name exists already: {hidden[0]}{more}")
    known = groups([own_folder(), *folders])
    config, hydra, choices = _compose(overrides, folders, known)
    for group in LIST_GROUPS:
        config.setdefault(group, {})  # none of its options
    refuse_trust(config, "a config file")
    for group in ("experiment", "debug", "hparams_search"):
        if group in config:
            raise ConfigError(f"{group}/{choices.get(group)}.yaml must begin with the line `# @package _global_`")
    sources = KeySources(overrides, choices, known, own_folder() / f"{PRIMARY}.yaml")
    for sentence in leave_out(config, sources):
        _say(sentence)
    return Composed(config, trusted, sources, hydra)


def _compose(
    overrides: Sequence[str], folders: Sequence[Path], known: dict[str, dict[str, Path]]
) -> tuple[dict[str, Any], dict[str, Any], dict[str, str]]:
    # Hydra and OmegaConf take most of the start's time, so they are imported where they are needed.
    from mmfusion.config.hydra_errors import as_config_error

    try:
        with as_config_error(overrides, folders, known):
            return run_hydra([*forced([readable(override) for override in overrides], known), *search_path(folders)])
    except AbsentKeyError as error:
        # Which keys there are shows once the rest is composed.
        rest = [other.text for other in parse_overrides(overrides) if other.sign != "~" or other.key != error.key]
        parent, _, last = error.key.rpartition(".")
        node = node_at(_compose(rest, folders, known)[0], parent) if rest != overrides else None
        raise AbsentKeyError(error.key, suggest(last, node)) if node is not None else error from None


def run_hydra(overrides: Sequence[str]) -> tuple[dict[str, Any], dict[str, Any], dict[str, str]]:
    """Compose overrides in Hydra's syntax; raises Hydra's own errors.

    In plain containers: the config with interpolations resolved, Hydra's own section as files and overrides make it
    (unresolved), and group (`encoder/image@encoder.image`) to the option chosen.
    """
    import hydra
    from hydra.core.global_hydra import GlobalHydra
    from omegaconf import OmegaConf

    outer = GlobalHydra.instance().hydra  # of a program around this one, a multirun's for example
    GlobalHydra.instance().clear()
    start = hydra.initialize_config_dir(str(own_folder()), job_name="mmfusion", version_base="1.3")
    try:
        with _without_launchers(), start:
            composed = hydra.compose(PRIMARY, list(overrides), return_hydra_config=True)
    finally:
        GlobalHydra.instance().hydra = outer
    OmegaConf.set_struct(composed, False)
    own: Any = OmegaConf.to_container(composed.pop("hydra"))
    config: Any = OmegaConf.to_container(composed, resolve=True, throw_on_missing=True)
    choices = {str(group): str(option) for group, option in own.pop("runtime")["choices"].items()}
    for name in ("override_dirname", "config_name"):
        own["job"].pop(name)  # as `runtime` and `overrides`, Hydra writes them itself
    del own["overrides"]
    return config, own, choices


@cache
def stock_hydra() -> dict[str, Any]:
    """Hydra's own section where nobody asks for anything."""
    return run_hydra(())[1]


@contextmanager
def _without_launchers() -> Iterator[None]:
    """Set aside what plugins say of their launchers: Hydra would read ours of the same names against it, and warn."""
    from hydra.core.config_store import ConfigStore
    from hydra.core.plugins import Plugins

    Plugins.instance()  # imports them
    groups: dict[str, Any] = ConfigStore.instance().repo["hydra"]
    before = {name: groups[name] for name in ("launcher", "sweeper")}
    groups |= {name: {"basic.yaml": options["basic.yaml"]} for name, options in before.items()}
    try:
        yield
    finally:
        groups |= before


def search_path(folders: Sequence[Path]) -> list[str]:
    """The override that makes Hydra look in further folders, after mmfusion's own."""
    if not folders:
        return []
    return [f"hydra.searchpath=[{','.join(quoted(f'file://{path}') for path in folders)}]"]


def forced(overrides: Sequence[str], known: dict[str, dict[str, Path]]) -> list[str]:
    """Let a value's override set a key that no file has, as `++key=value` would, and `group=null` leave a group out.

    Which keys there may be is for the check to say: it knows all valid names, Hydra only those that a file lists.

    Raises:
        ConfigError: a list or a mapping where a group takes one option, null where there must be one.
    """
    top = {group.split("/")[0] for group in known}
    result = []
    for override in parse_overrides(overrides):
        name, value = override.name, override.value or ""
        is_group = bool(set("/@") & set(name)) or name in top
        if is_group and value.startswith("{"):
            raise ConfigError(f"{override}: {name} is a group; write {name}=<option>, or {name}.<key>=<value>")
        if is_group and value.startswith("[") and name not in LIST_GROUPS:
            raise ConfigError(f"{override}: {name} takes one option; only {', '.join(LIST_GROUPS)} takes several")
        if override.sign or override.value is None:
            result.append(override.text)
        elif not is_group:
            is_hydra = override.section == "hydra" and not name.startswith(_PARTS)
            result.append(override.text if is_hydra else f"++{override}")
        elif value == "null":
            _refuse_null(override, name, overrides, known)
            result.append(f"{name}=[]" if name in LIST_GROUPS else f"~{name}")
        else:
            result.append(override.text)
    return result


def _refuse_null(override: Override, group: str, overrides: Sequence[str], known: dict[str, dict[str, Path]]) -> None:
    if group == "task" or (group not in known and any(name.startswith(f"{group}/") for name in known)):
        raise ConfigError(f"{override}: the config has several, each under a name; ~{group}.<name> leaves one out")
    by_hand = any(other.sign != "~" and other.key.startswith(f"{group}.") for other in parse_overrides(overrides))
    if group in config_schema()["x-required"] and group not in LIST_GROUPS and not by_hand:
        raise ConfigError(f"{override}: no run does without; valid: {', '.join(known[group])}")


def read_overrides(overrides: Sequence[str]) -> tuple[list[str], list[str]]:
    """`split_trust`, and what Hydra could not read without quotes between quotes."""
    plain, trusted = split_trust(overrides)
    return [readable(override) for override in plain], trusted


def _say(sentence: str) -> None:
    """To standard error, by one process of several alone: each of them composes."""
    if all(os.environ.get(name, "0") == "0" for name in ("RANK", "LOCAL_RANK", "SLURM_PROCID")):
        print(f"mmfusion: {sentence}", file=sys.stderr)
