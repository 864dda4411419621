"""Hydra's composition of a single run, without the parts that only its own launcher needs.

Stock `hydra.compose` merges Hydra's own config (folders, logging, help texts) into every composition and then drops
it. That is about half of its time, and an error in a config should answer at once. So this takes the steps of Hydra
1.3.8's `ConfigLoaderImpl._load_configuration_impl` one by one and leaves that one out. A multirun goes through stock
Hydra, and a test holds both to the same result.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from hydra import initialize_config_dir
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra._internal.defaults_list import create_defaults_list
from hydra.core.config_store import ConfigStore
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.types import Override
from hydra.core.plugins import Plugins
from hydra.core.singleton import Singleton
from hydra.errors import ConfigCompositionException
from hydra.types import RunMode
from omegaconf import DictConfig, ListConfig, OmegaConf, flag_override


@dataclass(frozen=True)
class Composition:
    """What Hydra made of files and overrides, in plain containers.

    Attributes:
        config: interpolations resolved.
        choices: group (`encoder/image@encoder.image`) to the option chosen.
        hydra: what the files say about Hydra itself, unresolved; only a multirun heeds it.
    """

    config: dict[str, Any]
    choices: dict[str, str]
    hydra: dict[str, Any]


def run_hydra(folder: Path, primary: str, overrides: Sequence[str]) -> Composition:
    """Compose; raises Hydra's own errors.

    Args:
        folder: where the primary config is.
        primary: its name, without suffix.
        overrides: in Hydra's syntax.
    """
    try:
        return _compose(folder, primary, overrides, with_hydra=False)
    except ConfigCompositionException as error:
        if "hydra" not in str(error):
            raise
        # Some file or override speaks of Hydra's own config, for a multirun: compose that too, so it is understood.
        return _compose(folder, primary, overrides, with_hydra=True)


@lru_cache
def stock_hydra(folder: Path, primary: str) -> dict[str, Any]:
    """What a multirun's composition says about Hydra itself where nobody asks for anything."""
    return _compose(folder, primary, (), with_hydra=True).hydra


def _compose(folder: Path, primary: str, overrides: Sequence[str], with_hydra: bool) -> Composition:
    with (
        _libyaml(),
        _no_other_hydra(),
        _no_plugins(),
        _no_schemas(),
        initialize_config_dir(str(folder), job_name="mmfusion", version_base="1.3"),
    ):
        loader = GlobalHydra.instance().config_loader()
        assert isinstance(loader, ConfigLoaderImpl)
        parsed, repository = loader._parse_overrides_and_create_caching_repo(primary, list(overrides))
        loader.validate_sweep_overrides_legal(parsed, RunMode.RUN, from_shell=False)
        defaults = create_defaults_list(repository, primary, parsed, prepend_hydra=with_hydra, skip_missing=False)
        composed = loader._compose_config_from_defaults_list(defaults.defaults, repository)
        OmegaConf.set_struct(composed, True)
        # The search path has been heeded already, and without Hydra's own config there is nowhere to write it to.
        values = [each for each in defaults.config_overrides if with_hydra or each.key_or_group != "hydra.searchpath"]
        for each in values:
            _make_room(composed, each)
            loader._apply_overrides_to_config([each], composed)
        choices = {str(group): str(option) for group, option in defaults.overrides.known_choices.items()}
    OmegaConf.set_struct(composed, False)
    hydra: Any = OmegaConf.to_container(composed.pop("hydra", None) or OmegaConf.create({}))
    config: Any = OmegaConf.to_container(composed, resolve=True, throw_on_missing=True)
    return Composition(config, choices, hydra)


def _make_room(config: DictConfig, override: Override) -> None:
    """Let a list replace a mapping, or a mapping a list, which OmegaConf would merge: the check says if it may."""
    if override.is_delete():
        return
    node: Any = config
    words = override.key_or_group.split(".")
    for word, below in zip(words, [*words[1:], None], strict=True):
        old = dict.get(node._content, word) if isinstance(node._content, dict) else None
        if below is None:
            is_other = isinstance(override.value(), list if isinstance(old, DictConfig) else dict)
            is_other = is_other and isinstance(old, DictConfig | ListConfig)
        else:
            is_other = isinstance(old, ListConfig) and not below.isdigit()
        if is_other:
            with flag_override(node, "struct", False):
                del node[word]
        if is_other or not isinstance(old, DictConfig):
            return
        node = old


@contextmanager
def _no_other_hydra() -> Iterator[None]:
    """Set aside the Hydra of a program around this one, a multirun's for example."""
    outer = GlobalHydra.instance().hydra
    GlobalHydra.instance().clear()
    try:
        yield
    finally:
        GlobalHydra.instance().hydra = outer


@contextmanager
def _no_plugins() -> Iterator[None]:
    """Unless Hydra has done so already, let it not import every installed plugin: Ray's takes as long as all the rest.

    Sweepers and launchers are for a multirun, which looks for them anew.
    """
    if Plugins in Singleton._instances:
        yield
        return
    hidden = sys.modules.get("hydra_plugins")
    sys.modules["hydra_plugins"] = None  # type: ignore[assignment]
    try:
        Plugins.instance()
    finally:
        del sys.modules["hydra_plugins"]
        if hidden is not None:
            sys.modules["hydra_plugins"] = hidden
    try:
        yield
    finally:
        Singleton._instances.pop(Plugins, None)


@contextmanager
def _no_schemas() -> Iterator[None]:
    """Set aside what imported plugins say of their launchers: ours of the same names would be read against it."""
    store: dict[str, Any] = ConfigStore.instance().repo.get("hydra", {})
    before: dict[str, Any] = {group: store[group] for group in ("launcher", "sweeper") if group in store}
    for group, options in before.items():
        store[group] = {name: node for name, node in options.items() if name == "basic.yaml"}
    try:
        yield
    finally:
        store.update(before)


@contextmanager
def _libyaml() -> Iterator[None]:
    """OmegaConf derives its loader from `yaml.SafeLoader`; the one in C reads the same several times faster."""
    python_loader = yaml.SafeLoader
    yaml.SafeLoader = getattr(yaml, "CSafeLoader", python_loader)  # type: ignore[misc]
    try:
        yield
    finally:
        yaml.SafeLoader = python_loader  # type: ignore[misc]
