"""What overrides say: which keys, and which options of groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mmfusion.config.override import parse_overrides

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
    for override in parse_overrides(overrides):
        key, value = override.key, (override.value or "").strip().strip("'\"")
        if override.sign and key.startswith(tuple(PARTS)):
            keys[PARTS[f"{override.section}."]] = False
        if override.sign == "~" or override.value is None:
            keys.setdefault(key, False)
        elif override.package or "/" in override.group:
            options[key] = value
        else:
            keys[key] = value.startswith("{")
            if override.group and value and value[0] not in "[{":
                options[key] = value
    return Typed(options, keys)
