"""mmfusion from Python: what the command line does, as functions for a notebook or a script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mmfusion.config.compose import load_config
from mmfusion.config.errors import ConfigError
from mmfusion.config.override import parse_overrides
from mmfusion.config.quoting import written

if TYPE_CHECKING:
    from pathlib import Path

    from mmfusion.store.run import Run


def compose(
    overrides: Sequence[str] = (), *, config_dirs: Sequence[str | Path] = (), **settings: Any
) -> dict[str, Any]:
    """The config of a run as plain containers, checked.

    >>> config = compose(experiment="seed", fusion="gated", trainer={"max_epochs": 2})
    >>> config["fusion"]["_target_"], config["trainer"]["max_epochs"]
    ('mmfusion.fusion.gated.Gated', 2)
    >>> compose(["experiment=seed", "optimizer.lrr=0.1"])
    Traceback (most recent call last):
    mmfusion.config.errors.ConfigError: optimizer.lrr: there is no such key; did you mean 'lr'? ...

    Args:
        overrides: as on the command line: `["fusion=gated", "+task@task.age=regression", "~encoder.image"]`.
        config_dirs: folders of your own configs; `./conf` is looked in as well.
        settings: keys that there are, and groups, by name; a mapping sets the keys in it.

    Raises:
        ConfigError: something that no run can have, with its key and the nearest valid name.
    """
    return load_config([*overrides, *to_overrides(settings)], config_dirs)


def train(
    overrides: Sequence[str] = (), *, config_dirs: Sequence[str | Path] = (), show: bool = True, **settings: Any
) -> Run:
    """Train and test what the config says, and leave everything in the run's folder; returns what it came to.

    >>> small = {"rows": {"train": 32, "val": 16, "test": 16}}
    >>> run = train(experiment="seed", data=small, trainer={"max_epochs": 1}, show=False)
    >>> run.status, sorted(run.metrics)[:2]
    ('completed', ['test/label/accuracy', 'test/label/auroc'])

    Args:
        overrides, config_dirs, settings: see `compose`.
        show: print the report.

    Raises:
        ConfigError: see `compose`; what is many runs (a study, a search, `-m`) is for the command line.
    """
    overrides = [*overrides, *to_overrides(settings)]
    config = compose_one(overrides, config_dirs)
    from mmfusion.runs.train import train_config  # imports torch

    return train_config(config, overrides, show)


_MANY = {
    "hydra": "Hydra's part is for many runs, and would change nothing here; add -m",
    "hparams_search": "a search is many runs; add -m",
    "study": "a study is for the command line, study=fusion for example",
}


def compose_one(overrides: Sequence[str], config_dirs: Sequence[str | Path] = ()) -> dict[str, Any]:
    """The checked config of a single run; what is many runs is refused."""
    for override in parse_overrides(overrides):
        if override.section in _MANY and override.sign != "~" and override.value != "null":
            raise ConfigError(f"{override}: {_MANY[override.section]}")
    config = load_config(overrides, config_dirs)
    if config.get("study") is not None:
        raise ConfigError(f"a config file chooses a study; {_MANY['study']}")
    return config


def to_overrides(settings: Mapping[str, Any], above: str = "") -> list[str]:
    """`{"trainer": {"max_epochs": 2}, "name": "a b"}` as overrides: `trainer.max_epochs=2`, `name='a b'`.

    Raises:
        ConfigError: a value that no config can hold.
    """
    overrides: list[str] = []
    for name, value in settings.items():
        key = f"{above}{name}"
        if isinstance(value, Mapping) and value:
            overrides += to_overrides(value, f"{key}.")
        else:
            overrides.append(f"{key}={written(key, value)}")
    return overrides
