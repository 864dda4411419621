"""Overrides from a file: `mmfusion train @outputs/search/best.yaml`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from mmfusion.config.errors import ConfigError
from mmfusion.config.override import parse_overrides, split_trust

_BETWEEN = re.compile(r"[\s.@:/]+")


def expanded(arguments: Sequence[str]) -> list[str]:
    """A command line's arguments, with each `@file` replaced by the overrides that the YAML file lists.

    Raises:
        ConfigError: the file cannot be read, is no list of overrides, or says what is for the command line alone: which
            modules are open, and what Hydra is to call.
    """
    overrides: list[str] = []
    for argument in arguments:
        overrides += _read(argument) if argument.startswith("@") else [argument]
    return overrides


def _read(word: str) -> list[str]:
    import yaml

    path = Path(word[1:]).expanduser()
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{word}: {path} cannot be read: {error.strerror}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{word}: {path} is not YAML: {' '.join(str(error).split())}") from None
    if not isinstance(content, list) or not all(isinstance(entry, str) for entry in content):
        raise ConfigError(f"{word}: expected a YAML list of overrides like `- fusion=gated`, found something else")
    plain, trusted = split_trust(content)
    if trusted:
        names = ",".join(trusted)
        raise ConfigError(
            f"{word}: the file sets trusted_modules=[{names}]. Only the command line may, because code from there will "
            f"run; if you trust it, copy the file without that line and add trusted_modules=[{names}] to the command"
        )
    overrides = parse_overrides(plain)
    for override in overrides:
        if "hydra" in _BETWEEN.split(override.name):
            raise ConfigError(
                f"{word}: the file holds {override}. What Hydra does is for the command line alone, because Hydra "
                "would call what it names; take the line out of the file and, if you trust it, add it to the command"
            )
    # A run lies in `paths.run` already.
    return [override.text for override in overrides if override.key != "paths.run" or override.sign == "~"]
