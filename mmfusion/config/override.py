"""Overrides of a command line or a file, taken apart; and nodes of a config by its keys."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmfusion.config.errors import ConfigError

_PARTS = re.compile(r"(\+\+|\+|~|)([^=]*)(?:=(.*))?", re.DOTALL)
_BETWEEN = re.compile(r"[\s.@:/]+")


@dataclass(frozen=True)
class Override:
    """`fusion=gated`, `trainer.max_epochs=3`, `+encoder/image@encoder.photo=cnn`, `~task.age`.

    This needs no Hydra, whose parser is slow to import; `mmfusion.config.quoting.value_of` reads the value with it.

    Attributes:
        sign: "", `+`, `++` or `~`.
        group: what may be a group, `encoder/image` or `fusion`; "" for a key with a dot. Only the files that there are
            show whether `fusion` or `seed` is one.
        package: what stands behind the @; "" if there is none.
        key: the place in the config that it changes, with dots: `encoder.photo`, `trainer.max_epochs`.
        value: the text behind the first `=`; None if there is none.
        text: all of it, as typed.
    """

    sign: str
    group: str
    package: str
    key: str
    value: str | None
    text: str

    @classmethod
    def parse(cls, text: str) -> Override:
        """The parts of any text: one that is no override has an empty `key` or no `value`."""
        parts = _PARTS.fullmatch(text)
        assert parts is not None, text
        sign, left, value = parts.groups()
        group, _, package = left.strip().partition("@")
        return cls(sign, "" if "." in group else group, package, package or group.replace("/", "."), value, text)

    @property
    def name(self) -> str:
        """What stands before the `=`, without the sign: `encoder/image@encoder.photo`."""
        return self.text[len(self.sign) :].partition("=")[0]

    @property
    def section(self) -> str:
        """The first word of the key."""
        return self.key.partition(".")[0]

    def sets(self, key: str) -> bool:
        """Whether it sets `key`, or all of a node that holds it."""
        return f"{key}.".startswith(f"{self.key}.")

    def __str__(self) -> str:
        return self.text


def parse_overrides(overrides: Iterable[str]) -> list[Override]:
    """The overrides, taken apart."""
    return [Override.parse(text) for text in overrides]


def split_trust(overrides: Iterable[str]) -> tuple[list[str], list[str]]:
    """The overrides without `trusted_modules=[...]`, and the modules that it names."""
    rest: list[str] = []
    modules: list[str] = []
    for override in parse_overrides(overrides):
        if override.name == "trusted_modules" and override.sign != "~" and override.value is not None:
            inner = re.sub(r"^\[(.*)\]$", r"\1", override.value)
            modules += filter(None, (name.strip(" '\"") for name in inner.split(",")))
        else:
            rest.append(override.text)
    return rest, modules


def expanded(arguments: Sequence[str]) -> list[str]:
    """A command line's arguments, with each `@file` replaced by the overrides that the YAML file lists.

    Raises:
        ConfigError: the file cannot be read, is no list of overrides, or says what is for the command line alone: which
            modules are open, and what Hydra is to call.
    """
    return [text for own in arguments for text in (_listed(own) if own.startswith("@") else [own])]


def _listed(argument: str) -> list[str]:
    import yaml

    path = Path(argument[1:]).expanduser()
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{argument}: {path} cannot be read: {error.strerror}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{argument}: {path} is not YAML: {' '.join(str(error).split())}") from None
    if not isinstance(content, list) or not all(isinstance(entry, str) for entry in content):
        raise ConfigError(f"{argument}: expected a YAML list of overrides like `- fusion=gated`, found something else")
    plain, trusted = split_trust(content)
    if trusted:
        names = ",".join(trusted)
        raise ConfigError(
            f"{argument}: the file sets trusted_modules=[{names}]. Only the command line may, because code from there "
            "will run; if you trust it, copy the file without that line and add trusted_modules="
            f"[{names}] to the command"
        )
    overrides = parse_overrides(plain)
    for override in overrides:
        if "hydra" in _BETWEEN.split(override.name):
            raise ConfigError(
                f"{argument}: the file holds {override}. What Hydra does is for the command line alone, because Hydra "
                "would call what it names; take the line out of the file and, if you trust it, add it to the command"
            )
    # A run lies in `paths.run` already.
    return [override.text for override in overrides if override.key != "paths.run" or override.sign == "~"]


def node_at(config: Mapping[str, Any], key: str) -> Any:
    """The mapping at a dotted key, the config itself at ""; None if there is none."""
    node: Any = config
    for part in key.split(".") if key else ():
        node = node.get(part) if isinstance(node, Mapping) else None
    return node if isinstance(node, Mapping) else None
