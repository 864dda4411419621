"""Which keys and options a run's overrides name, and the name of the option that a component was made from."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mmfusion.config.override import parse_overrides
from mmfusion.store.run import Run

PARTS = {"encoder.": "modalities", "task.": "tasks"}
"""Sections whose keys are a run's modalities and tasks."""


@dataclass(frozen=True)
class TypedKeys:
    """A run's overrides, taken apart.

    `options` has a section or group with the option chosen for it (`encoder/image=cnn` is `encoder.image: cnn`), `keys`
    those that were given a value, and whether it was a mapping.
    """

    options: dict[str, str]
    keys: dict[str, bool]

    def names(self, key: str) -> bool:
        """Whether `key` was typed: itself, as a section's option, or within a mapping."""
        if key in self.options or key in self.keys:
            return True
        return any(whole and key.startswith(f"{name}.") for name, whole in self.keys.items())


def typed_keys(overrides: Sequence[str]) -> TypedKeys:
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
    return TypedKeys(options, keys)


def option_names(
    section: str, runs: Sequence[Run], flats: Mapping[str, Mapping[str, Any]], typed: Mapping[str, TypedKeys]
) -> dict[str, str]:
    """Run's id to the name of its `section`'s component, for the runs that have it.

    The option that was typed. A run that did not type it gets the name which another run typed for the same settings,
    or for the same class if there is one such name; else the class's. Two classes never share a name.
    """
    key = f"{section}._target_"
    targets = {run.id: str(flats[run.id][key]) for run in runs if key in flats[run.id]}
    contents = {
        name: tuple(sorted((k, repr(value)) for k, value in flats[name].items() if k.startswith(f"{section}.")))
        for name in targets
    }
    by_content, by_target, owners = defaultdict(set), defaultdict(set), defaultdict(set)
    for name, target in targets.items():
        if (option := typed[name].options.get(section)) is not None:
            by_content[contents[name]].add(option)
            by_target[target].add(option)
    chosen = {}
    for name, target in targets.items():
        only = by_target[target] if len(by_target[target]) == 1 else {class_name(target)}
        chosen[name] = min(by_content[contents[name]] or only)
        owners[chosen[name]].add(target)
    return {name: option if len(owners[option]) == 1 else targets[name] for name, option in chosen.items()}


def class_name(target: str) -> str:
    """`mmfusion.fusion.gated.Gated` → `gated`; one that is not mmfusion's stays whole."""
    if not target.startswith("mmfusion."):
        return target
    *_, module, last = target.split(".")
    if module.replace("_", "") == last.lower():
        return module
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", last).lower()
