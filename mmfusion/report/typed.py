"""What overrides say: which keys, and which options of groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

PARTS = {"encoder.": "modalities", "task.": "tasks"}
"""Sections whose keys are a run's modalities and tasks."""


@dataclass(frozen=True)
class Typed:
    """A run's overrides, taken apart.

    Attributes:
        options: section or group to the option chosen for it: `encoder/image=cnn` is `encoder.image: cnn`.
        keys: keys that were given a value, and whether it was a mapping.
    """

    options: dict[str, str]
    keys: dict[str, bool]

    def names(self, key: str) -> bool:
        """Whether `key` was typed: itself, as a section's option, or within a mapping."""
        if key in self.options or key in self.keys:
            return True
        return any(whole and key.startswith(f"{each}.") for each, whole in self.keys.items())


def typed(overrides: Sequence[str]) -> Typed:
    """Parts of overrides in Hydra's grammar, as far as a finished job's go: one value each, no sweep.

    `group=option`, `group@package=option` and `key=value` are told apart by the key: one with a slash or an @, or a
    single word with a plain word for its value, may be a group; whether it is one shows in the config. A modality or a
    task that was added or deleted counts as `modalities` or `tasks`.
    """
    options: dict[str, str] = {}
    keys: dict[str, bool] = {}
    for override in overrides:
        left, equals, right = override.partition("=")
        sign = left[: len(left) - len(left.lstrip("+~"))]
        left, right = left[len(sign) :].strip(), right.strip().strip("'\"")
        group, at, package = left.partition("@")
        section = package if at else group.replace("/", ".")
        if sign and section.startswith(tuple(PARTS)):
            keys[PARTS[section.partition(".")[0] + "."]] = False
        if sign == "~" or not equals:
            keys.setdefault(section, False)
            continue
        if at or "/" in group:
            options[section] = right
            continue
        keys[section] = right.startswith("{")
        if "." not in section and right and right[0] not in "[{":
            options[section] = right
    return Typed(options, keys)
