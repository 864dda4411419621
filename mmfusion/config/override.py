"""An override of a command line, taken apart; and nodes of a config by its keys."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

_PARTS = re.compile(r"(\+\+|\+|~|)([^=]*)(?:=(.*))?", re.DOTALL)


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


def node_at(config: Mapping[str, Any], key: str) -> Any:
    """The mapping at a dotted key, the config itself at ""; None if there is none."""
    node: Any = config
    for part in key.split(".") if key else ():
        node = node.get(part) if isinstance(node, Mapping) else None
    return node if isinstance(node, Mapping) else None
